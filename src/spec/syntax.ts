import { Composer, type CST, type Document, type ErrorCode, Lexer, Parser } from 'yaml'
import { printable, quoted } from './print.ts'
import type { Report } from './report.ts'
import type { SpecText } from './text.ts'

/** Levels of maps and lists; a spec needs about eight. */
export const MAX_DEPTH = 64
/** The parser's stack holds some entries for each level. */
const MAX_STACK = MAX_DEPTH * 3
/** A line of a topic has about 50; some microseconds and 400 bytes of memory for each. */
const MAX_LEXEMES = 4_000_000
const MAX_DOCUMENTS = 10_000
/** After so many the file is no spec. */
const MAX_SYNTAX_ERRORS = 100

// Keys are compared, merged and named by tree.ts, which is linear and knows both places.
const OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  uniqueKeys: false,
  resolveKnownTags: false,
  prettyErrors: false,
  strict: true,
  logLevel: 'silent',
} as const

type ErrorSource = number | readonly [number, number] | { readonly offset: number }

export type Parsed = { readonly documents: readonly Document.Parsed[]; readonly broken: boolean }

type SyntaxProblem = { readonly offset: number; readonly code: string; readonly message: string }

/** The documents of a file, however broken: what can be read of them tells which clusters they are about. */
export function parseYaml(file: SpecText, report: Report): Parsed {
  const documents: Document.Parsed[] = []
  const problems: SyntaxProblem[] = []
  const parser = new Parser()
  const refuse = (code: string, summary: string): Parsed => {
    report.add({ file, offset: Math.min(parser.offset, file.text.length) }, code, summary)
    return { documents: [], broken: true }
  }
  const seen = (problem: SyntaxProblem) => {
    problems.push(problem)
    if (problems.length > MAX_SYNTAX_ERRORS) throw new Error('too many syntax errors')
  }
  const composer = countingComposer(seen)
  let lexemes = 0
  let marks = 0
  const compose = (tokens: Iterable<CST.Token>) => {
    for (const token of tokens) {
      if (token.type === 'document' || token.type === 'doc-end') marks += 1
      if (token.type === 'error') seen({ offset: token.offset, code: 'UNEXPECTED_TOKEN', message: token.message })
      else documents.push(...(composer.next(token) as Iterable<Document.Parsed>))
    }
  }
  try {
    for (const lexeme of new Lexer().lex(file.text)) {
      compose(parser.next(lexeme))
      lexemes += 1
      if (parser.stack.length > MAX_STACK)
        return refuse('MQOPS_SPEC_TOO_DEEP', `nested deeper than ${MAX_DEPTH} levels`)
      if (marks > MAX_DOCUMENTS)
        return refuse('MQOPS_SPEC_TOO_LARGE', `more than ${MAX_DOCUMENTS} documents in one file`)
      if (lexemes > MAX_LEXEMES)
        return refuse(
          'MQOPS_SPEC_TOO_LARGE',
          `too much for one file: more than ${MAX_LEXEMES / 1e6} million words and marks`,
        )
    }
    compose(parser.end())
    documents.push(...(composer.end(true, file.text.length) as Iterable<Document.Parsed>))
    for (const { errors } of documents)
      for (const { pos, code, message } of errors) seen({ offset: pos[0], code, message })
  } catch (error) {
    // Of too many errors the first ones tell enough.
    if (problems.length === 0)
      problems.push({ offset: 0, code: '', message: `can't be read: ${(error as Error).message}` })
  }
  reportErrors(file, problems, report)
  return { documents, broken: problems.length > 0 }
}

/**
 * A composer that tells of each error when it finds it. By itself it would keep them, with a stack trace for each: ten
 * million quotes are ten million errors.
 */
function countingComposer(seen: (problem: SyntaxProblem) => void): Composer {
  const composer = new Composer(OPTIONS)
  type OnError = (source: ErrorSource, code: ErrorCode, message: string, warning?: boolean) => void
  const onError: OnError = (source, code, message, warning) => {
    const offset = typeof source === 'number' ? source : 'offset' in source ? source.offset : source[0]
    if (!warning) seen({ offset, code, message })
  }
  // Private, as TypeScript sees it; the door that all errors of content go through.
  Object.assign(composer, { onError })
  return composer
}

/** One for each line: what follows on the same line mostly comes of the first. */
function reportErrors(file: SpecText, errors: readonly SyntaxProblem[], report: Report) {
  const lines = new Set<number>()
  for (const { offset, code, message } of errors.toSorted((a, b) => a.offset - b.offset).slice(0, MAX_SYNTAX_ERRORS)) {
    const start = file.text.lastIndexOf('\n', Math.max(0, offset - 1)) + 1
    if (lines.has(start)) continue
    lines.add(start)
    const end = file.text.indexOf('\n', start)
    const line = file.text.slice(start, Math.min(end === -1 ? file.text.length : end, start + MAX_LOOK))
    const { summary, hint } = explain(code, message, line)
    const tooDeep = code === 'RESOURCE_EXHAUSTION'
    report.add({ file, offset }, tooDeep ? 'MQOPS_SPEC_TOO_DEEP' : 'MQOPS_SPEC_SYNTAX', summary, { hint })
  }
}

/** How much of a line is looked at to explain it: patterns take their time on endless ones. */
const MAX_LOOK = 500

type Words = { readonly summary: string; readonly hint?: string }

const WORDS: Record<string, Words> = {
  TAB_AS_INDENT: { summary: 'a tab indents this line: YAML wants spaces', hint: 'replace the tab by spaces' },
  BAD_INDENT: {
    summary: 'wrong indentation',
    hint: 'keys of one map start in the same column, further right than the key above them',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    summary: 'a second ": " in one line',
    hint: 'quote the value, or put the inner key on a line of its own',
  },
  MULTILINE_IMPLICIT_KEY: {
    summary: 'a key must be on one line',
    hint: 'is the ":" after a key missing, or the blank behind it?',
  },
  KEY_OVER_1024_CHARS: { summary: 'a key longer than 1024 characters' },
  RESOURCE_EXHAUSTION: { summary: `nested deeper than ${MAX_DEPTH} levels` },
}

function explain(code: string, message: string, line: string): Words {
  // In a flow map the braces of a substitution would be YAML's own.
  if (/[[{](?:.*[\s:,[])?\$\{/.test(line)) {
    return { summary: 'a ${…} without quotes inside { } or [ ]', hint: 'quote it: "${env:NAME}"' }
  }
  const flow = /^Flow (?:sequence|map) in .* end with a (.)$/.exec(message)
  if (flow) {
    return {
      summary: `a ${flow[1]} is missing, or does not stand further right than the key`,
      hint: 'close what was opened here',
    }
  }
  const quote = /^Missing closing (.)quote/.exec(message)
  if (quote) return { summary: `a closing ${quote[1]} is missing` }
  if (/^Unexpected .* at node end$/.test(message)) {
    return {
      summary: 'there is more behind the end of the value',
      hint: "quote the whole value; between single quotes ' is written twice",
    }
  }
  const escape = /^Invalid escape sequence (.*)$/s.exec(message)
  if (escape) {
    return {
      summary: `${quoted(escape[1] ?? '')} means nothing in double quotes`,
      hint: 'a backslash is written \\\\, or use single quotes',
    }
  }
  const known = WORDS[code]
  if (known) return known
  if (code === 'BAD_SCALAR_START') return { summary: printable(message), hint: 'quote the value' }
  if (code === 'MISSING_CHAR' && /colon|implicit key/i.test(message))
    return { summary: 'a ":" is missing after this key' }
  const words = message.replace(/\bFlow sequence\b/g, 'A list in [ ]').replace(/\bFlow map\b/g, 'A map in { }')
  return { summary: `YAML: ${printable(words.slice(0, 200))}` }
}
