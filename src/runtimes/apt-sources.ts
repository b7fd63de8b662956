import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export type DebianSource = { readonly uri: string; readonly keyring: string; readonly codename: string }

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

/** The mirror that this machine takes Debian's own suites from; undefined: not a Debian, or none is named. */
export async function debianSource(env: NodeJS.ProcessEnv, etc = '/etc'): Promise<DebianSource | undefined> {
  const release = await text(join(etc, 'os-release'))
  const codename = /^VERSION_CODENAME=["']?([a-z]+)/m.exec(release)?.[1] ?? 'stable'
  const own = env['MQOPS_DEBIAN_MIRROR']
  if (own !== undefined && own !== '') return { uri: own, keyring: KEYRING, codename }
  if (!/^ID=["']?debian\b/m.exec(release)) return undefined
  const folder = join(etc, 'apt', 'sources.list.d')
  const files = (await readdir(folder).catch(() => [])).sort().map((name) => join(folder, name))
  const entries: Entry[] = []
  for (const file of [join(etc, 'apt', 'sources.list'), ...files]) {
    if (file.endsWith('.sources')) entries.push(...deb822(await text(file)))
    else if (file.endsWith('.list')) entries.push(...oneLine(await text(file)))
  }
  const usable = entries.filter((e) => /^https?:/.test(e.uri) && e.components.includes('main'))
  const suites = [codename, 'stable', 'testing', 'unstable', 'sid']
  const found = usable.find((e) => e.suites.some((s) => suites.includes(s)))
  return found && { uri: found.uri, keyring: found.keyring ?? KEYRING, codename }
}

type Entry = { uri: string; suites: readonly string[]; components: readonly string[]; keyring: string | undefined }

const words = (s: string | undefined): string[] => (s ?? '').split(/\s+/).filter((w) => w !== '')

/** sources.list(5), the one-line style. */
const oneLine = (content: string): Entry[] =>
  content.split('\n').flatMap((line) => {
    const [, options = '', rest = ''] = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(.*?)(?:#.*)?$/.exec(line) ?? []
    const [uri, suite, ...components] = words(rest)
    if (uri === undefined || suite === undefined) return []
    return [{ uri, suites: [suite], components, keyring: /\bsigned-by=(\/\S+)/i.exec(options)?.[1] }]
  })

/** sources.list(5), the deb822 style. */
const deb822 = (content: string): Entry[] =>
  content.split(/\n\s*\n/).flatMap((stanza) => {
    const lines = stanza.split('\n').filter((l) => !l.startsWith('#'))
    const fields = new Map(
      lines
        .map((l) => /^([\w-]+):\s*(.*)$/.exec(l))
        .filter((m) => m !== null)
        .map((m) => [m[1]?.toLowerCase(), m[2]]),
    )
    if (!words(fields.get('types')).includes('deb') || fields.get('enabled')?.trim() === 'no') return []
    const keyring = /^\s*(\/\S+)/.exec(fields.get('signed-by') ?? '')?.[1]
    const [suites, components] = [words(fields.get('suites')), words(fields.get('components'))]
    return words(fields.get('uris')).map((uri) => ({ uri, suites, components, keyring }))
  })

const text = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '')
