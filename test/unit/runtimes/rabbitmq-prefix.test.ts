import { execFile } from 'node:child_process'
import { copyFile, mkdir, readdir, readFile, rename, symlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { makePrefix, versionOf } from '../../../src/runtimes/rabbitmq-prefix.ts'
import { file, scratch, sh } from './support/scratch.ts'

const call = async (path: string, args: string[], env: Record<string, string> = {}) =>
  (await promisify(execFile)(path, args, { env: { PATH: '/usr/bin:/bin', ...env } })).stdout

/** The loader and libraries that a program of this machine names; none where it is not such a machine. */
async function libraries(program: string): Promise<string[]> {
  const out = await call('/usr/bin/ldd', [program]).catch(() => '')
  return [...out.matchAll(/(?:=> )?(\/\S+) \(/g)].map((m) => m[1] ?? '')
}

const ENV = '/usr/bin/env'
const LIBS = process.platform === 'linux' ? await libraries(ENV) : []

/** A tree as the packages unpack to, with this machine's `env` in the place of Erlang's programs. */
async function unpacked(root: string): Promise<void> {
  const erlang = join(root, 'usr/lib/erlang')
  await mkdir(join(erlang, 'erts-9/bin'), { recursive: true })
  await mkdir(join(erlang, 'bin'), { recursive: true })
  await mkdir(join(erlang, 'lib/ssl-11.1/ebin'), { recursive: true })
  const erl =
    'if [ -z "$X" ]\nthen\n    ROOTDIR=/usr/lib/erlang\nelse\n    ROOTDIR=/usr/lib/erlang\nfi\nprintf "%s" "$ROOTDIR"'
  for (const at of ['bin/erl', 'bin/start', 'erts-9/bin/erl', 'erts-9/bin/start']) await sh(join(erlang, at), erl)
  for (const at of ['erts-9/bin/beam.smp', 'erts-9/bin/epmd', 'bin/escript']) await copyFile(ENV, join(erlang, at))
  await symlink('../erts-9/bin/epmd', join(erlang, 'bin/epmd'))
  const home = join(root, 'usr/lib/rabbitmq/lib/rabbitmq_server-4.9.9')
  for (const name of ['rabbitmq-server', 'rabbitmqctl']) {
    const print = 'echo "$0"; echo "$RUNNING_UNDER_SYSTEMD|$RABBITMQ_CONF_ENV_FILE|$PATH"; printf "%s\\n" "$@"'
    await sh(join(home, 'sbin', name), print)
  }
  await file(join(root, 'usr/share/doc/x'), 'x')
  await file(join(root, 'sys/etc/x'), 'x')
  for (const lib of LIBS) {
    await mkdir(join(root, 'sys/lib/triplet'), { recursive: true })
    await copyFile(lib, join(root, 'sys/lib/triplet', basename(lib)))
  }
}

test.skipIf(LIBS.length === 0)('programs run by the prefix’s own loader, from wherever it stands', async () => {
  const folder = scratch()
  await unpacked(join(folder, 'one'))
  const { paths } = await makePrefix(join(folder, 'one'), '4.9.9')
  await rename(join(folder, 'one'), join(folder, 'two'))
  const root = join(folder, 'two')
  const beam = join(root, 'usr/lib/erlang/erts-9/bin/beam.smp')
  const environment = await call(beam, [], { A: '1 2' })
  expect(environment).toContain('A=1 2')
  expect(environment).not.toContain('LD_LIBRARY_PATH') // children get this machine's own libraries
  for (const at of ['bin/epmd', 'usr/lib/erlang/bin/epmd', 'usr/lib/erlang/bin/escript'])
    expect(await call(join(root, at), [], { B: 'b' }), at).toContain('B=b')
  expect(paths).toEqual({
    RABBITMQ_HOME: 'usr/lib/rabbitmq/lib/rabbitmq_server-4.9.9',
    MQOPS_ERLANG_SSL_EBIN: 'usr/lib/erlang/lib/ssl-11.1/ebin',
  })
})

test.skipIf(LIBS.length === 0)('the program’s own libraries are mapped, not the machine’s', async () => {
  const root = scratch()
  await unpacked(root)
  await makePrefix(root, '4.9.9')
  // env becomes the loader with env in it: the process that reads its own maps must be it
  await copyFile('/bin/cat', join(root, 'usr/lib/erlang/erts-9/bin/beam.smp.real'))
  const maps = await call(join(root, 'usr/lib/erlang/erts-9/bin/beam.smp'), ['/proc/self/maps'])
  const mapped = [...maps.matchAll(/\/\S+\/(?:libc|ld-linux)\S*/g)].map((m) => m[0])
  expect(mapped.length).toBeGreaterThan(0)
  for (const path of mapped) expect(path).toContain(root)
})

test.skipIf(LIBS.length === 0)('Erlang finds its root from where its scripts stand', async () => {
  const folder = scratch()
  await unpacked(join(folder, 'one'))
  await makePrefix(join(folder, 'one'), '4.9.9')
  await rename(join(folder, 'one'), join(folder, 'two'))
  const erlang = join(folder, 'two/usr/lib/erlang')
  for (const at of ['bin/erl', 'bin/start', 'erts-9/bin/erl', 'erts-9/bin/start'])
    expect(await call(join(erlang, at), []), at).toBe(erlang)
  expect(await call(join(folder, 'two/bin/erl'), [])).toBe(erlang)
})

test.skipIf(LIBS.length === 0)(
  'the commands: own Erlang first, not the machine’s settings, the broker in place of the script',
  async () => {
    const root = scratch()
    await unpacked(root)
    await makePrefix(root, '4.9.9')
    const sbin = join(root, 'usr/lib/rabbitmq/lib/rabbitmq_server-4.9.9/sbin')
    const path = `${root}/usr/lib/erlang/bin:/usr/bin:/bin`
    const server = (await call(join(root, 'bin/rabbitmq-server'), ['a b', 'c'])).trim().split('\n')
    expect(server).toEqual([`${sbin}/rabbitmq-server`, `true|${root}/no-rabbitmq-env.conf|${path}`, 'a b', 'c'])
    const ctl = (await call(join(root, 'bin/rabbitmqctl'), [], { RABBITMQ_CONF_ENV_FILE: '/mine' })).trim().split('\n')
    expect(ctl.slice(0, 2)).toEqual([`${sbin}/rabbitmqctl`, `|/mine|${path}`])
  },
)

test.skipIf(LIBS.length === 0)('documentation and configuration of the machine’s kind don’t stay', async () => {
  const root = scratch()
  await unpacked(root)
  await makePrefix(root, '4.9.9')
  expect((await readdir(join(root, 'usr'))).sort()).toEqual(['lib'])
  expect(await readdir(join(root, 'sys'))).toEqual(['lib'])
})

describe('its version', () => {
  const ask = async (body: string) => {
    const root = scratch()
    await sh(join(root, 'bin/erl'), `echo "$ERL_LIBS $@" > ${root}/asked\n${body}`)
    const version = await versionOf(root, 'home', new AbortController().signal)
    return { root, version, asked: await readFile(join(root, 'asked'), 'utf8') }
  }

  test('is what RabbitMQ itself says', async () => {
    const { root, version, asked } = await ask('printf 4.9.9')
    expect(version).toBe('4.9.9')
    expect(asked).toContain(`${root}/home/plugins -noshell`)
  })

  test('is asked of an Erlang without a name, which starts no epmd', async () => {
    expect((await ask('printf 4.9.9')).asked).not.toMatch(/-s?name/)
  })

  test('is none when Erlang does not start', async () => {
    expect((await ask('printf 4.9.9; exit 1')).version).toBe('')
  })
})
