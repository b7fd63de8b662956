import { chmod, mkdir, open, readdir, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { run } from './process.ts'

const ERLANG = 'usr/lib/erlang'
const COMMANDS = [
  'rabbitmq-server',
  'rabbitmqctl',
  'rabbitmq-queues',
  'rabbitmq-streams',
  'rabbitmq-diagnostics',
  'rabbitmq-plugins',
  'rabbitmq-upgrade',
]

export type Prefix = { readonly key: readonly string[]; readonly paths: Readonly<Record<string, string>> }

/** Turns unpacked packages into a RabbitMQ that runs from wherever it stands. `key`: what it can't do without. */
export async function makePrefix(root: string, version: string): Promise<Prefix> {
  for (const dead of ['usr/share', 'usr/sbin', 'etc', 'var', 'sys/usr/share', 'sys/etc', 'sys/var'])
    await rm(join(root, dead), { recursive: true, force: true })
  const erts = (await readdir(join(root, ERLANG))).find((n) => n.startsWith('erts-')) ?? ''
  for (const [file, up] of [
    [`${ERLANG}/bin/erl`, '..'],
    [`${ERLANG}/bin/start`, '..'],
    [`${ERLANG}/${erts}/bin/erl`, '../..'],
    [`${ERLANG}/${erts}/bin/start`, '../..'],
  ] as const)
    await rebase(join(root, file), up)
  await wrapExecutables(root)
  const home = `usr/lib/rabbitmq/lib/rabbitmq_server-${version}`
  await mkdir(join(root, 'bin'))
  for (const name of COMMANDS) await command(root, name, `${home}/sbin/${name}`)
  for (const name of ['erl', 'escript', 'epmd']) await command(root, name, `${ERLANG}/bin/${name}`)
  const ssl = (await readdir(join(root, ERLANG, 'lib'))).find((n) => n.startsWith('ssl-')) ?? 'ssl'
  const commands = [...COMMANDS, 'erl', 'epmd'].map((name) => `bin/${name}`)
  return {
    key: [
      ...commands,
      `${home}/sbin/rabbitmq-env`,
      `${home}/escript/rabbitmqctl`,
      `${ERLANG}/${erts}/bin/beam.smp.real`,
    ],
    paths: { RABBITMQ_HOME: home, MQOPS_ERLANG_SSL_EBIN: `${ERLANG}/lib/${ssl}/ebin` },
  }
}

/** Debian's scripts name their folder; ours is found from where the script stands. */
async function rebase(script: string, up: string): Promise<void> {
  const text = await readFile(script, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const here = `ROOTDIR=$(cd "\${0%/*}/${up}" && pwd -P)`
  await writeFile(script, text.replaceAll(/ROOTDIR=["']?\/usr\/lib\/erlang["']?$/gm, here))
}

/** Each program runs by the packages' own loader and libraries, which may be newer than the machine's. */
async function wrapExecutables(root: string): Promise<void> {
  const { loader, libraries } = await loaderIn(join(root, 'sys'))
  for (const entry of await readdir(join(root, ERLANG), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const up = relative(entry.parentPath, root)
    if (entry.isSymbolicLink() && entry.parentPath.endsWith('/bin')) {
      // a wrapper knows its program by the path that it was called by: no links to it
      const target = join(relative(root, entry.parentPath), await readlink(path))
      await rm(path)
      await writeFile(path, `#!/bin/sh\n${SELF}exec "\${self%/*}/${up}/${target}" "$@"\n`)
      await chmod(path, 0o755)
    } else if (entry.isFile() && !entry.name.endsWith('.so') && (await isProgram(path))) {
      await rename(path, `${path}.real`)
      const paths = libraries.map((l) => `$root/sys/${l}`).join(':')
      const call = `exec "$root/sys/${loader}" --library-path "${paths}" --argv0 "$0" "$self.real" "$@"`
      await writeFile(path, `#!/bin/sh\n${SELF}root=\${self%/*}/${up}\n${call}\n`)
      await chmod(path, 0o755)
    }
  }
}

const SELF = 'case $0 in /*) self=$0 ;; *) self=$PWD/$0 ;; esac\n'

async function loaderIn(sys: string): Promise<{ loader: string; libraries: readonly string[] }> {
  const files = await readdir(sys, { recursive: true, withFileTypes: true })
  const path = (f: (typeof files)[number]) => relative(sys, join(f.parentPath, f.name))
  const loader = files.find((f) => f.isFile() && /^ld-linux.*\.so\.\d$/.test(f.name))
  if (loader === undefined) throw new Error('libc6 brings no ld-linux')
  const libraries = new Set(files.filter((f) => /^lib[^/]*\.so\.\d/.test(f.name)).map((f) => dirname(path(f))))
  const deep = /\/(gconv|ossl-modules|engines-\d|audit|glibc-hwcaps)/
  return { loader: path(loader), libraries: [...libraries].filter((l) => !deep.test(l)) }
}

async function isProgram(path: string): Promise<boolean> {
  if (((await stat(path)).mode & 0o111) === 0) return false
  const file = await open(path)
  const head = Buffer.alloc(4)
  await file.read(head, 0, 4, 0)
  await file.close()
  return head.equals(Buffer.from('\x7fELF', 'latin1'))
}

/**
 * RUNNING_UNDER_SYSTEMD makes the server's script exec the broker, so that the process started is the broker.
 * The machine's own /etc/rabbitmq/rabbitmq-env.conf is another server's.
 */
async function command(root: string, name: string, target: string): Promise<void> {
  const lines = [
    '#!/bin/sh',
    'here=$(cd -- "${0%/*}/.." && pwd -P) || exit 1',
    `export PATH="$here/${ERLANG}/bin:$PATH"`,
    'export RABBITMQ_CONF_ENV_FILE="${RABBITMQ_CONF_ENV_FILE:-$here/no-rabbitmq-env.conf}"',
    ...(name === 'rabbitmq-server' ? ['export RUNNING_UNDER_SYSTEMD="${RUNNING_UNDER_SYSTEMD-true}"'] : []),
    `exec "$here/${target}" "$@"`,
  ]
  await writeFile(join(root, 'bin', name), `${lines.join('\n')}\n`)
  await chmod(join(root, 'bin', name), 0o755)
}

const ASK =
  '{ok, _} = application:ensure_all_started(ssl), ok = application:load(rabbit), ' +
  '{ok, V} = application:get_key(rabbit, vsn), io:format("~s", [V]), halt().'

/**
 * What RabbitMQ says of itself, once Erlang and its TLS have started; '' when they don't.
 * Not by rabbitmqctl: that leaves an epmd behind, which listens on all interfaces.
 */
export async function versionOf(root: string, home: string, signal: AbortSignal): Promise<string> {
  const env = { PATH: '/usr/bin:/bin', HOME: root, LANG: 'C.UTF-8', ERL_LIBS: join(root, home, 'plugins') }
  const args = ['-noshell', '-boot', 'start_clean', '-eval', ASK]
  const { stdout, code } = await run(join(root, 'bin/erl'), args, { env, signal, timeoutMs: 60_000 })
  return code === 0 ? stdout.trim() : ''
}
