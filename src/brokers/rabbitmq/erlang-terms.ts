/**
 * Erlang terms as advanced.config holds them: enough to tell well-formed from not, and which settings of which
 * applications a text sets. A file that Erlang can't read keeps a member from booting.
 */

type Token = {
  readonly kind: 'open' | 'close' | 'comma' | 'dot' | 'atom' | 'other'
  readonly text: string
  readonly at: number
}

export type Setting = { readonly application: string; readonly key: string }
export type Terms =
  /** `body`: the text between the outer brackets. */
  | { readonly settings: readonly Setting[]; readonly body: string }
  /** `line` counts from 1. */
  | { readonly problem: string; readonly line: number }

const TOKEN =
  /(?<skip>\s+|%[^\n]*)|(?<open>\[|\{|#\{|<<)|(?<close>\]|\}|>>)|(?<comma>,)|(?<atom>[a-z][A-Za-z0-9_@]*|'(?:[^'\\]|\\[\s\S])*')|(?<other>"(?:[^"\\]|\\[\s\S])*"|[+-]?\d+(?:#[0-9A-Za-z]+|\.\d+(?:[eE][+-]?\d+)?)?|\$(?:\\.|.)|=>|\/|:|\|)|(?<dot>\.(?=\s|%|$))/y

const CLOSES: Readonly<Record<string, string>> = { '[': ']', '{': '}', '#{': '}', '<<': '>>' }

class Unreadable extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

function tokens(text: string): readonly Token[] {
  const found: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const match = TOKEN.exec(text)
    if (match === null) throw new Unreadable(`${JSON.stringify(text.slice(at, at + 10))} is no Erlang term`, at)
    const [kind] = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined) ?? ['skip']
    if (kind !== 'skip') found.push({ kind: kind as Token['kind'], text: match[0], at })
  }
  return found
}

type Node = { readonly open: string; readonly at: number; readonly items: readonly (readonly (Node | Token)[])[] }

const isNode = (one: Node | Token | undefined): one is Node => one !== undefined && 'items' in one

/** One bracket and all in it; items are separated by commas. @returns the node and the index behind it. */
function bracket(all: readonly Token[], from: number): readonly [Node, number] {
  const start = all[from] as Token
  const items: (Node | Token)[][] = [[]]
  let i = from + 1
  for (let token = all[i]; token !== undefined; token = all[i]) {
    const item = items.at(-1) as (Node | Token)[]
    if (token.kind === 'close') {
      if (token.text !== CLOSES[start.text])
        throw new Unreadable(`"${start.text}" is closed by "${token.text}"`, token.at)
      if (item.length === 0 && items.length > 1) throw new Unreadable('a term is missing after ","', token.at)
      return [{ open: start.text, at: start.at, items: item.length === 0 ? [] : items }, i + 1]
    }
    if (token.kind === 'dot') throw new Unreadable(`"${start.text}" is not closed`, start.at)
    if (token.kind === 'comma') {
      if (item.length === 0) throw new Unreadable('a term is missing before ","', token.at)
      items.push([])
      i++
    } else if (token.kind === 'open') {
      const [node, next] = bracket(all, i)
      if (isNode(item.at(-1))) throw new Unreadable('a comma is missing', token.at)
      item.push(node)
      i = next
    } else {
      if (item.length > 0 && token.kind === 'atom' && isWord(item.at(-1)))
        throw new Unreadable('a comma is missing', token.at)
      item.push(token)
      i++
    }
  }
  throw new Unreadable(`"${start.text}" is not closed`, start.at)
}

const isWord = (one: Node | Token | undefined): boolean => isNode(one) || one?.kind === 'atom'

const atomOf = (item: readonly (Node | Token)[] | undefined): string | null => {
  const [one] = item ?? []
  return item?.length === 1 && one !== undefined && !isNode(one) && one.kind === 'atom'
    ? one.text.replace(/^'|'$/g, '')
    : null
}

const pairOf = (
  item: readonly (Node | Token)[],
  what: string,
  at: number,
): readonly [string, Node | Token | undefined] => {
  const [pair] = item
  const name = isNode(pair) && pair.open === '{' && pair.items.length === 2 ? atomOf(pair.items[0]) : null
  if (!isNode(pair) || item.length !== 1 || name === null)
    throw new Unreadable(`expected {${what}, VALUE}`, pair?.at ?? at)
  return [name, pair.items[1]?.[0]]
}

/** `[{application, [{key, value}, …]}, …].` */
export function parseTerms(text: string): Terms {
  try {
    const all = tokens(text)
    const [first] = all
    if (first?.text !== '[') throw new Unreadable('it must begin with "["', first?.at ?? 0)
    const [root, behind] = bracket(all, 0)
    if (all[behind]?.kind !== 'dot' || all.length > behind + 1)
      throw new Unreadable('it must end with "]."', all[behind]?.at ?? text.length)
    const settings = root.items.flatMap((item) => {
      const [application, value] = pairOf(item, 'application', root.at)
      if (!isNode(value) || value.open !== '[')
        throw new Unreadable(`${application}: expected a list of settings`, root.at)
      return value.items.map((one): Setting => ({ application, key: pairOf(one, 'key', value.at)[0] }))
    })
    const close = all[behind - 1] as Token
    return { settings, body: text.slice(root.at + 1, close.at).trim() }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { problem: error.message, line: text.slice(0, error.at).split('\n').length }
  }
}
