import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cache } from './cache.ts'
import { RuntimeError } from './errors.ts'
import { superPom } from './maven-default.ts'

export type MavenRepository = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly from: string
}

/**
 * Where this machine gets Maven artifacts from. No address is written here: ours to override by MQOPS_MAVEN_REPOSITORY,
 * else the user's mirror, else what Maven itself takes by default, read from its super POM.
 */
export async function mavenRepository(cache: Cache, signal: AbortSignal): Promise<MavenRepository> {
  const own = cache.env['MQOPS_MAVEN_REPOSITORY']
  if (own !== undefined && own !== '') return { ...login(own), from: 'MQOPS_MAVEN_REPOSITORY' }
  const settings = join(cache.env['HOME'] ?? '/', '.m2', 'settings.xml')
  const mirror = mirrorOf(await readFile(settings, 'utf8').catch(() => ''), cache.env)
  if (mirror !== undefined) return { ...mirror, from: settings }
  const pom = await superPom(cache, signal)
  const url = pom && tag(blocks(pom, 'repository')[0] ?? '', 'url')
  if (url) return { ...login(url), from: 'Maven’s own default' }
  throw new RuntimeError({
    code: 'MQOPS_RUNTIME_NO_SOURCE',
    summary:
      'No Maven repository is known on this machine (no MQOPS_MAVEN_REPOSITORY, no mirror in ~/.m2/settings.xml, no mvn)',
    hint: 'export MQOPS_MAVEN_REPOSITORY=<base URL of a Maven repository>',
  })
}

/** The mirror that settings.xml names for Maven's default repository, with the login of the server of its id. */
export function mirrorOf(settings: string, env: NodeJS.ProcessEnv): Omit<MavenRepository, 'from'> | undefined {
  const text = settings.replace(/<!--.*?-->/gs, '')
  const mirror = blocks(text, 'mirror').find((m) => takesCentral(tag(m, 'mirrorOf') ?? ''))
  const url = mirror && tag(mirror, 'url')
  if (mirror === undefined || !url) return undefined
  const fill = (value: string) => value.replace(/\$\{env\.(\w+)\}/g, (_, name: string) => env[name] ?? '')
  const server = blocks(text, 'server').find((s) => tag(s, 'id') === tag(mirror, 'id'))
  const [user, password] = [server && tag(server, 'username'), server && tag(server, 'password')]
  const plain = login(fill(url))
  // a {encrypted} password is Maven's secret; without a login the server's own answer says what is missing
  if (!user || password === undefined || password.startsWith('{')) return plain
  return { url: plain.url, headers: basic(fill(user), fill(password)) }
}

const takesCentral = (mirrorOfList: string): boolean => {
  const names = mirrorOfList.split(',').map((n) => n.trim())
  return !names.includes('!central') && names.some((n) => ['*', 'central', 'external:*', 'external:http:*'].includes(n))
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

/** fetch refuses addresses with a login in them: it goes into a header. */
function login(text: string): Omit<MavenRepository, 'from'> {
  const url = new URL(text)
  const { username, password } = url
  url.username = url.password = ''
  const base = url.href.replace(/\/+$/, '')
  return {
    url: base,
    headers: username === '' ? {} : basic(decodeURIComponent(username), decodeURIComponent(password)),
  }
}

const blocks = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map((m) => m[1] ?? '')

const tag = (xml: string, name: string): string | undefined =>
  blocks(xml, name)[0]
    ?.trim()
    .replace(/&(amp|lt|gt|quot|apos);/g, (_, e: string) => ENTITIES[e] ?? '')

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
