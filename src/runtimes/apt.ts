import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianSource } from './apt-sources.ts'
import type { Item } from './download.ts'
import { RuntimeError } from './errors.ts'
import { lastLine, onPath, type RunResult, run } from './process.ts'

/** A private apt that looks at one Debian suite through the machine's own mirror, proxies and keyring. No root. */
export type Apt = {
  readonly suite: string
  readonly folder: string
  run(command: 'apt-get' | 'apt-cache', args: readonly string[], cwd?: string): Promise<RunResult>
}
export type Deb = Item & { readonly package: string; readonly version: string }

/** Fetches the suite's index, whose signature apt checks. `folder` is scratch: the caller removes it. */
export async function openSuite(
  suite: string | undefined, // undefined: the machine's own
  folder: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Apt> {
  const missing = ['apt-get', 'apt-cache', 'apt-config', 'dpkg-deb'].filter((c) => onPath(c, env) === undefined)
  // apt checks signatures with one of them; without, it only says that nothing is signed
  if (['gpgv', 'sqv'].every((c) => onPath(c, env) === undefined)) missing.push('gpgv')
  if (missing.length > 0) throw noSource(`this machine has no ${missing.join(', ')}`)
  const source = await debianSource(env)
  if (source === undefined) throw noSource('this machine’s apt names no Debian mirror')
  const name = suite ?? source.codename
  for (const sub of ['lists/partial', 'cache/archives/partial']) await mkdir(join(folder, sub), { recursive: true })
  await writeFile(join(folder, 'sources.list'), `deb [signed-by=${source.keyring}] ${source.uri} ${name} main\n`)
  // of the machine's own configuration only how to fetch: its hooks belong to its own updates
  const own = await run('apt-config', ['dump'], { env, signal })
  const conf = join(folder, 'apt.conf')
  await writeFile(
    conf,
    [...own.stdout.split('\n').filter((l) => l.startsWith('Acquire::')), ...settings(folder)].join('\n'),
  )
  const apt: Apt = {
    suite: name,
    folder,
    run: (command, args, cwd = folder) =>
      run(command, ['-q', ...args], { env: { ...env, LC_ALL: 'C', APT_CONFIG: conf }, signal, diskPath: folder, cwd }),
  }
  const updated = await apt.run('apt-get', ['update'])
  if (updated.code !== 0) throw noIndex(`the index of Debian ${name}`, updated)
  return apt
}

const settings = (folder: string): string[] =>
  Object.entries({
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::Lists': join(folder, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(folder, 'cache'),
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'Acquire::Retries': '2',
    'Acquire::AllowInsecureRepositories': 'false',
    'Acquire::AllowDowngradeToInsecureRepositories': 'false',
    'APT::Update::Error-Mode': 'any', // else a network failure is only a warning
    'APT::Sandbox::User': 'root', // apt's own user can't write into a private folder
  }).map(([key, value]) => `${key} "${value}";`)

/** The version that the suite has of a package; undefined: none. */
export async function candidate(apt: Apt, name: string): Promise<string | undefined> {
  const { stdout } = await apt.run('apt-cache', ['show', '--no-all-versions', name])
  return /^Version: (\S+)/m.exec(stdout)?.[1]
}

/** The package, and what it depends on, directly or not, among the names that `follow` accepts. */
export async function closure(apt: Apt, root: string, follow: RegExp): Promise<readonly string[]> {
  const quiet = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((k) => `--no-${k}`)
  const { stdout } = await apt.run('apt-cache', ['depends', '--recurse', ...quiet, root])
  const depends = new Map<string, string[]>()
  let current: string[] = []
  for (const line of stdout.split('\n')) {
    const [, indent = '', name = ''] = /^([ |]*(?:PreDepends: |Depends: )?)([a-z0-9][a-z0-9+.-]*)/.exec(line) ?? []
    if (name !== '' && indent === '') depends.set(name, (current = []))
    else if (indent.includes('Depends')) current.push(name)
  }
  const found = new Set<string>()
  const open = [root]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name) || !depends.has(name)) continue
    found.add(name)
    open.push(...(depends.get(name) ?? []).filter((n) => follow.test(n)))
  }
  return [...found].sort()
}

/** Where the packages are and what they must be: sizes and sha256 come from the signed index. */
export async function debs(apt: Apt, names: readonly string[]): Promise<readonly Deb[]> {
  const printed = await apt.run('apt-get', ['download', '--print-uris', ...names])
  if (printed.code !== 0) throw noIndex('the packages’ addresses', printed)
  return [...printed.stdout.matchAll(/^'([^']+)' (\S+) (\d+) SHA256:([0-9a-f]{64})/gm)].map((m) => {
    const [, url = '', file = '', size = '', sha256 = ''] = m
    const [name = '', version = ''] = decodeURIComponent(file).split('_')
    return { name: `${name} ${version}`, url, size: Number(size), sha256, package: name, version }
  })
}

/** For mirrors that only apt itself gets through to (its proxies, logins, transports): gives the .deb files. */
export async function downloadByApt(apt: Apt, names: readonly string[], folder: string): Promise<readonly string[]> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const done = await apt.run('apt-get', ['download', ...names], folder)
  if (done.code !== 0) throw noIndex('the packages', done)
  return (await readdir(folder)).map((name) => join(folder, name))
}

const noSource = (why: string): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_NO_SOURCE',
    summary: `Debian packages can’t be had here: ${why}`,
    hint: 'On Debian, name a mirror: export MQOPS_DEBIAN_MIRROR=<base URL of a Debian mirror>. Elsewhere, put a rabbitmq-server on PATH and allow it in the spec: target: { local: { software: path } }',
  })

const UNREACHED =
  /could not resolve|temporary failure|unable to connect|could not connect|timed? ?out|network is unreach/i

function noIndex(what: string, result: RunResult): RuntimeError {
  const said = `${result.stderr}\n${result.stdout}`
  const reached = !UNREACHED.test(said)
  return new RuntimeError({
    code: reached ? 'MQOPS_RUNTIME_DOWNLOAD' : 'MQOPS_RUNTIME_NO_NETWORK',
    summary: `apt did not get ${what}: ${
      said
        .split('\n')
        .find((l) => UNREACHED.test(l))
        ?.trim() ?? lastLine(said)
    }`,
    hint: reached
      ? 'Name a Debian mirror that has it: export MQOPS_DEBIAN_MIRROR=<base URL>'
      : 'Connect to the network and run the same command again',
    retryable: true,
  })
}
