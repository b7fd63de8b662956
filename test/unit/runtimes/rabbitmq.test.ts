import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Apt, candidate, closure, debs, downloadByApt, openSuite } from '../../../src/runtimes/apt.ts'
import { installRabbitmq } from '../../../src/runtimes/rabbitmq.ts'
import { differences } from '../../../src/runtimes/rabbitmq-debs.ts'
import { rabbitmqOnPath } from '../../../src/runtimes/rabbitmq-path.ts'
import { RABBITMQ } from '../../../src/runtimes/versions.ts'
import { cacheIn, options, rejection, scratch, sh } from './support/scratch.ts'

const never = new AbortController().signal

/** An apt that answers from a table of its arguments' beginnings. */
const apt = (answers: Record<string, string>): Apt => ({
  suite: 'forky',
  folder: '/nowhere',
  run: async (command, args) => {
    const asked = [command, ...args].join(' ')
    const key = Object.keys(answers).find((k) => asked.startsWith(k))
    return key === undefined
      ? { code: 100, stdout: '', stderr: `E: ${asked}` }
      : { code: 0, stdout: answers[key] ?? '', stderr: '' }
  },
})

const DEPENDS = `rabbitmq-server
  PreDepends: init-system-helpers
  Depends: erlang-base
 |Depends: erlang-ssl
  Depends: <erlang-abi-17.0>
  Depends: python3
erlang-base
  Depends: libc6
  Depends: libtinfo6
erlang-ssl
  Depends: erlang-base
python3
  Depends: libpython3-stdlib
libc6
  Depends: libgcc-s1
  Depends: libc-gconv-modules-extra
libc-gconv-modules-extra
libgcc-s1
libpython3-stdlib
libtinfo6
<erlang-abi-17.0>
  erlang-base
`

describe('what apt says', () => {
  test('the packages needed: through names that are wanted only', async () => {
    const found = await closure(
      apt({ 'apt-cache depends --recurse': DEPENDS }),
      'rabbitmq-server',
      /^(erlang-|lib(?!c-gconv))/,
    )
    expect(found).toEqual(['erlang-base', 'erlang-ssl', 'libc6', 'libgcc-s1', 'libtinfo6', 'rabbitmq-server'])
  })

  test('the candidate’s version', async () => {
    expect(await candidate(apt({ 'apt-cache show': 'Package: x\nVersion: 1:4.3.6+dfsg-1\n' }), 'x')).toBe(
      '1:4.3.6+dfsg-1',
    )
    expect(await candidate(apt({}), 'x')).toBeUndefined()
  })

  test('where the files are and what they must be', async () => {
    const sum = 'a'.repeat(64)
    const printed = `'http://m.test/pool/e/erlang-base_29.1%2bdfsg-1_amd64.deb' erlang-base_1%3a29.1+dfsg-1_amd64.deb 128 SHA256:${sum}\n`
    expect(await debs(apt({ 'apt-get download --print-uris': printed }), ['erlang-base'])).toEqual([
      {
        name: 'erlang-base 1:29.1+dfsg-1',
        url: 'http://m.test/pool/e/erlang-base_29.1%2bdfsg-1_amd64.deb',
        size: 128,
        sha256: sum,
        package: 'erlang-base',
        version: '1:29.1+dfsg-1',
      },
    ])
  })

  test('no network is told apart from a mirror that lacks something', async () => {
    const said = (stderr: string): Apt => ({ ...apt({}), run: async () => ({ code: 100, stdout: '', stderr }) })
    expect(await rejection(debs(said("Err: Temporary failure resolving 'm.test'"), ['x']))).toMatchObject({
      code: 'MQOPS_RUNTIME_NO_NETWORK',
    })
    expect(await rejection(downloadByApt(said('E: Unable to locate package x'), ['x'], scratch()))).toMatchObject({
      code: 'MQOPS_RUNTIME_DOWNLOAD',
    })
  })
})

describe('the private apt', () => {
  /** A Debian with an apt whose calls are noted. */
  async function machine(update = '') {
    const folder = scratch()
    const path = join(folder, 'path')
    for (const name of ['apt-cache', 'dpkg-deb', 'gpgv']) await sh(join(path, name), '')
    await sh(
      join(path, 'apt-config'),
      'echo \'Acquire::http::Proxy "http://proxy.test";\nAPT::Update::Post-Invoke:: "rm -rf /";\'',
    )
    await sh(join(path, 'apt-get'), `echo "$APT_CONFIG $@" >> ${folder}/log; ${update}`)
    return { folder, env: { PATH: path, HOME: folder, MQOPS_DEBIAN_MIRROR: 'http://m.test/debian' } }
  }

  test('looks at one suite of the machine’s mirror, with its proxies but not its hooks', async () => {
    const { folder, env } = await machine()
    await openSuite('forky', join(folder, 'apt'), env, never)
    expect(await readFile(join(folder, 'apt/sources.list'), 'utf8')).toMatch(
      /^deb \[signed-by=\/\S+\] http:\/\/m\.test\/debian forky main\n$/,
    )
    const conf = await readFile(join(folder, 'apt/apt.conf'), 'utf8')
    expect(conf).toContain('Acquire::http::Proxy "http://proxy.test";')
    expect(conf).not.toContain('Post-Invoke')
    expect(conf).toContain('Acquire::AllowInsecureRepositories "false";')
    expect(await readFile(join(folder, 'log'), 'utf8')).toBe(`${join(folder, 'apt/apt.conf')} -q update\n`)
  })

  test('a full disk is said to be one', async () => {
    const { folder, env } = await machine('echo "E: Write error - write (28: No space left on device)" >&2; exit 100')
    const error = await rejection(openSuite('forky', join(folder, 'apt'), env, never))
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_DISK_FULL' })
    expect(error.message).toContain(join(folder, 'apt'))
  })

  test('without apt: what is missing', async () => {
    const { folder, env } = await machine()
    const error = await rejection(openSuite('forky', join(folder, 'apt'), { ...env, PATH: '' }, never))
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_NO_SOURCE' })
    expect(error.message).toContain('apt-get')
  })

  test('a suite that has moved past the version wished for is told, and its index does not stay', async () => {
    const { folder, env } = await machine()
    await sh(join(env.PATH, 'apt-cache'), 'echo "Version: 4.9.1-1"')
    const cache = cacheIn(folder, env)
    const error = await rejection(installRabbitmq(cache, '4.3.6', options()))
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_VERSION' })
    expect((error['failure'] as { detail: string }).detail).toContain('now has 4.9.1')
    expect(await readdir(join(cache.root, 'downloads'))).toEqual([])
  })
})

describe('without apt', () => {
  async function own(folder: string, version = '4.1.2') {
    const home = join(folder, 'rabbitmq_server')
    const path = await sh(join(home, 'sbin/rabbitmq-server'), 'true')
    await mkdir(join(home, `plugins/rabbit-${version}`), { recursive: true })
    await sh(join(folder, 'erl/erl'), 'printf /erlang/lib/ssl-11')
    return { home, path, env: { HOME: folder, PATH: `${join(home, 'sbin')}:${join(folder, 'erl')}` } }
  }

  test('PATH’s server is taken where it fits', async () => {
    const folder = scratch()
    const { home, path, env } = await own(folder)
    const found = {
      software: 'rabbitmq',
      version: '4.1.2',
      from: `PATH: ${path}`,
      bin: join(home, 'sbin'),
      env: { RABBITMQ_HOME: home, RUNNING_UNDER_SYSTEMD: 'true', MQOPS_ERLANG_SSL_EBIN: '/erlang/lib/ssl-11/ebin' },
    }
    expect(await rabbitmqOnPath(env, '4.1', never)).toEqual(found)
    expect(await rabbitmqOnPath(env, '4.2', never)).toBeNull()
  })

  test('and none on PATH: one clear error', async () => {
    const folder = scratch()
    const error = await rejection(installRabbitmq(cacheIn(folder), '4.3', options()))
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_NO_SOURCE' })
    expect(error.message).not.toContain('\n')
    expect(error['hint']).toContain('software: path')
  })
})

test('a cache with a space in its path is refused: RabbitMQ’s scripts could not live there', async () => {
  const folder = join(scratch(), 'my cache')
  const error = await rejection(installRabbitmq(cacheIn(folder), '4.3', options()))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_CACHE' })
  expect(error['hint']).toContain('MQOPS_CACHE')
})

describe('packages that differ from the pins', () => {
  const pin = RABBITMQ[0] ?? { version: '', suite: '', sha256: {} }
  const packages = Object.entries(pin.sha256).map(([name, sha256]) => ({
    package: name,
    sha256: String(sha256),
    name: `${name} 1`,
    version: '1',
    url: '',
    size: 1,
  }))

  test('none: nothing to say', () => expect(differences(pin, packages)).toEqual([]))

  test('some: which', () => {
    const moved = packages.map((p) => (p.package === 'libc6' ? { ...p, sha256: 'x' } : p))
    expect(differences(pin, moved)).toEqual([expect.stringMatching(/own signature vouches for them: libc6 1$/)])
  })

  test('another version altogether: that it moved on', () => {
    expect(differences({ ...pin, version: '4.3.99' }, packages)).toEqual([
      expect.stringContaining('moved on to 4.3.99'),
    ])
  })
})
