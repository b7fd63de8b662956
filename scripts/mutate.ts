// Ways to break a source file, one behaviour each: what a test suite of it has to notice.
import ts from 'typescript'

/** `text` from `start` to `end` becomes `by`. */
export type Mutant = {
  readonly line: number
  readonly start: number
  readonly end: number
  readonly by: string
  readonly what: string
}

/** What no test can tell: words for people, and types. */
const WORDS = ['reason', 'summary', 'evidence', 'hint', 'why', 'detail']

export function mutantsOf(file: string, text: string): readonly Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: Mutant[] = []
  const put = (node: ts.Node, by: string, what: string, from: ts.Node = node): void => {
    const start = from.getStart(source)
    const line = source.getLineAndCharacterOfPosition(start).line + 1
    found.push({
      line,
      start,
      end: node.getEnd(),
      by,
      what: `${what}: ${text.slice(start, node.getEnd()).split('\n')[0]}`,
    })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isTypeAliasDeclaration(node)) return
    breakNode(node, put)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

type Put = (node: ts.Node, by: string, what: string) => void

function breakNode(node: ts.Node, put: Put): void {
  if (ts.isExpressionStatement(node) || ts.isThrowStatement(node) || ts.isForOfStatement(node))
    put(node, ';', 'left out')
  else if (ts.isIfStatement(node)) {
    put(node.expression, 'true', 'always')
    put(node.expression, 'false', 'never')
  } else if (ts.isConditionalExpression(node)) {
    put(node.condition, 'true', 'always')
    put(node.condition, 'false', 'never')
  } else if (ts.isReturnStatement(node) && node.expression) put(node.expression, 'undefined', 'returns nothing')
  else if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) put(node.body, 'undefined', 'returns nothing')
  else if (ts.isBinaryExpression(node)) breakOperator(node, put)
  else if (node.kind === ts.SyntaxKind.TrueKeyword) put(node, 'false', 'false')
  else if (node.kind === ts.SyntaxKind.FalseKeyword) put(node, 'true', 'true')
  else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    put(node, node.operand.getText(), 'not negated')
  else if (ts.isObjectLiteralExpression(node)) {
    for (const part of node.properties) if (!isWord(part)) put(part, '', 'without')
  }
}

const SWAPPED = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.GreaterThanToken, '<='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '<'],
  [ts.SyntaxKind.LessThanToken, '>='],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
])
const EITHER = [ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken]

function breakOperator(node: ts.BinaryExpression, put: Put): void {
  const other = SWAPPED.get(node.operatorToken.kind)
  if (other !== undefined) put(node.operatorToken, other, 'swapped')
  if (!EITHER.includes(node.operatorToken.kind)) return
  put(node, node.left.getText(), 'left side only')
  put(node, node.right.getText(), 'right side only')
}

const isWord = (part: ts.ObjectLiteralElementLike): boolean =>
  part.name !== undefined && ts.isIdentifier(part.name) && WORDS.includes(part.name.text)

/** A property goes with its comma; everything else leaves what is around it as it is. */
export function apply(text: string, { start, end, by }: Mutant): string {
  const rest = text.slice(end)
  return `${text.slice(0, start)}${by}${by === '' ? rest.replace(/^\s*,/, '') : rest}`
}
