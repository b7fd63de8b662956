import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NATS } from './clusters.ts'
import { ended, processesOf, Project } from './project.ts'

/** Bad input against the real binary: a clear message with its position, the right exit code, nothing changed. */
const project = new Project()
const spec = NATS('storage: 64MiB')

beforeAll(async () => {
  project.write(spec)
  await project.ok('apply', '--yes', '--no-verify')
})
afterAll(() => project.end())

const validate = async (text: string | Buffer) => {
  writeFileSync(join(project.folder, 'bad.yaml'), text)
  return project.run(['validate', '-f', 'bad.yaml'])
}
const head = 'apiVersion: mqops/v1\nkind: Nats\nmetadata: { name: bad }\nspec:\n'

describe('specs', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['broken YAML', `${head}  members: [1, 2\n`, /bad\.yaml:\d+:\d+/],
    ['tabs', `${head}\tmembers: 3\n`, /bad\.yaml:5:1[\s\S]*tab/i],
    ['wrong type', `${head}  members: three\n`, /got text "three"[\s\S]*bad\.yaml:5:12/],
    ['unknown key', `${head}  membrs: 3\n`, /bad\.yaml:5:3[\s\S]*did you mean[\s\S]*members/i],
    ['wrong unit', `${head}  storage: 3 parsecs\n`, /is not a size[\s\S]*bad\.yaml:5:12/],
    ['duplicate key', `${head}  members: 3\n  members: 5\n`, /bad\.yaml:6:3/],
    [
      'replicas > members',
      `${head}  members: 1\n  accounts: { A: { streams: { S: { subjects: [s], replicas: 3 } } } }\n`,
      /bad\.yaml:6:\d+[\s\S]*replicas/,
    ],
    ['a name that climbs', head.replace('bad', '../../etc'), /bad\.yaml:3:\d+/],
    ['a name with a newline', head.replace('bad', '"a\\nb"'), /bad\.yaml:3:\d+/],
    ['UTF-16', Buffer.from(`\ufeff${head}`, 'utf16le'), /bad\.yaml[\s\S]*UTF-8/],
    ['a NUL byte', Buffer.from(`${head}  # \0\n`), /bad\.yaml/],
    ['empty', '', /bad\.yaml/],
    [
      'a bomb',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
        .join('\n')}\n`,
      /bad\.yaml/,
    ],
  ])('%s', async (_name, text, message) => {
    const ran = await validate(text)
    expect(ran.code, ran.stdout + ran.stderr).toBe(78)
    expect(ran.stdout + ran.stderr).toMatch(message)
    expect(ran.stderr).not.toMatch(/\n\s+at .+:\d+:\d+\)/) // no stack trace
  })

  it('100 MB are refused without reading them', async () => {
    const file = join(project.folder, 'huge.yaml')
    const handle = openSync(file, 'w')
    execFileSync('truncate', ['-s', '100M', file])
    closeSync(handle)
    const ran = await project.run(['validate', '-f', 'huge.yaml'])
    expect([ran.code, ran.stderr + ran.stdout]).toEqual([78, expect.stringMatching(/huge\.yaml/)])
  })

  it('a missing file, an unknown flag, an unknown command', async () => {
    expect((await project.run(['plan', '-f', 'nowhere.yaml'])).code).toBe(78)
    expect((await project.run(['plan', '--frobnicate'])).code).toBe(64)
    expect((await project.run(['aplly'])).code).toBe(64)
    expect((await project.run(['status', 'e2e-natz'])).stderr).toMatch(/e2e-nats/)
  })

  it('a missing secret names the reference, and a plan needs none', async () => {
    project.write(spec.replace('shop: {}', 'shop: { password: { secretRef: { env: SHOP_PASSWORD_UNSET } } }'))
    const ran = await project.run(['apply', '--yes', '--no-verify'])
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).toMatch(/SHOP_PASSWORD_UNSET/)
    project.write(spec)
    await project.ok('apply', '--yes', '--no-verify')
  })
})

describe('clusters', () => {
  type Connection = { endpoints: string[]; username: string; password: string; ca: string; caFile: string }
  const external = async (change: Partial<Connection>) => {
    const real = { ...(await project.json<Connection>('connect', 'e2e-nats', '--show-secrets')), ...change }
    return `apiVersion: mqops/v1
kind: Nats
metadata: { name: theirs }
spec:
  target:
    external:
      endpoints: { client: ${JSON.stringify(real.endpoints)} }
      user: ${real.username}
      password: { secretRef: { env: THEIR_PASSWORD } }
      ca: { secretRef: { file: ${real.caFile} } }
`
  }
  const plan = async (text: string, password: string) => {
    project.write(text, 'theirs.yaml')
    return project.run(['plan', '-f', 'theirs.yaml'], { env: { THEIR_PASSWORD: password } })
  }

  it('unreachable: exit 69, and the address', async () => {
    const ran = await plan(await external({ endpoints: ['127.0.0.1:1'] }), 'x')
    expect([ran.code, ran.stderr]).toEqual([69, expect.stringMatching(/127\.0\.0\.1:1/)])
  })

  it('wrong password: said so', async () => {
    const ran = await plan(await external({}), 'wrong')
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).toMatch(/MQOPS_AUTHENTICATION/)
    expect(ran.stderr).not.toMatch(/wrong'/)
  })

  it('subjects that another stream of the account has: refused by the plan, with their place', async () => {
    const shop = await project.json<Connection>('connect', 'e2e-nats', '--user', 'shop', '--show-secrets')
    const more = "  accounts: { SHOP: { streams: { MORE: { subjects: ['orders.created'] } } } }\n"
    const ran = await plan((await external(shop)) + more, shop.password)
    expect([ran.code, ran.stderr]).toEqual([
      78,
      expect.stringMatching(/"orders\.created" overlaps "orders\.>" of stream ORDERS[\s\S]*theirs\.yaml:11:\d+/),
    ])
  })

  it('wrong CA: said so', async () => {
    const file = join(project.folder, 'other-ca.crt')
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        '/dev/null',
        '-out',
        file,
        '-subj',
        '/CN=other',
        '-days',
        '1',
      ],
      { stdio: 'ignore' },
    )
    const ran = await plan(await external({ caFile: file }), 'x')
    expect([ran.code, ran.stderr]).not.toEqual([0, ''])
    expect(ran.stderr).toMatch(/MQOPS_TLS/)
  })

  it('hanging members (SIGSTOP): an answer in time, exit 69 or 75, and nothing changed', async () => {
    const servers = processesOf(project.folder).filter(({ command }) => command.includes('nats-server'))
    expect(servers.length).toBe(3)
    for (const { pid } of servers) process.kill(pid, 'SIGSTOP')
    try {
      const ran = await project.run(['plan'])
      expect([69, 75]).toContain(ran.code)
    } finally {
      for (const { pid } of servers) process.kill(pid, 'SIGCONT')
    }
    await project.ok('plan')
  })

  it('a killed member: status says which, the plan starts it, apply mends it', async () => {
    const [server] = processesOf(project.folder).filter(({ command }) => command.includes('nats-server'))
    process.kill(server?.pid as number, 'SIGKILL')
    const status = await project.run(['status'])
    expect(status.code).toBe(1)
    const { steps } = await project.json<{ steps: { action: string }[] }>('plan')
    expect(steps.map((step) => step.action)).toEqual(['member.start'])
    await project.ok('apply', '--yes', '--no-verify')
    await project.ok('status')
  })
})

describe('plan files', () => {
  const changed = spec.replace("['orders.>']", "['orders.>', 'returns.>']")

  it('applies as it is; edited, stale or of another cluster it is refused, and nothing changes', async () => {
    project.write(changed)
    await project.ok('plan', '--out', 'plan.json')
    const text = readFileSync(join(project.folder, 'plan.json'), 'utf8')
    expect(text).not.toMatch(/BEGIN|password":"/)
    project.write(text.replace('returns.>', 'theft.>'), 'edited.json')
    const edited = await project.run(['apply', 'edited.json', '--yes'])
    expect([edited.code, edited.stderr]).toEqual([78, expect.stringMatching(/MQOPS_PLAN_EDITED/)])
    await project.ok('apply', 'plan.json', '--yes', '--no-verify')
    const stale = await project.run(['apply', 'plan.json', '--yes'])
    expect([stale.code, stale.stderr]).toEqual([1, expect.stringMatching(/MQOPS_PLAN_STALE/)])
  })
})

describe('the terminal and the disk', () => {
  it('a closed stdout is no error', async () => {
    const child = project.spawn(['schema'])
    child.stdout?.destroy()
    const ran = await ended(child)
    expect(ran.stderr).not.toMatch(/EPIPE|at .+\.ts/)
  })

  it('without a terminal nothing asks: apply says that it needs --yes', async () => {
    project.write(spec.replace("['orders.>']", "['orders.>', 'lost.>']"))
    const ran = await project.run(['apply'])
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringMatching(/--yes/)])
    project.write(spec)
  })

  it('a corrupt state database: exit code, what to do, and adopt goes on', async () => {
    const state = join(project.folder, 'corrupt')
    mkdirSync(state)
    writeFileSync(join(state, 'state.db'), 'no database'.repeat(1000))
    const ran = await project.run(['runs', 'list'], { env: { MQOPS_HOME: state } })
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringMatching(/MQOPS_STATE_CORRUPT[\s\S]*adopt/)])
  })

  it('a full disk in the state folder: nothing acted, said so', async () => {
    const ids = async () => (await project.json<{ steps: { id: string }[] }>('plan')).steps.map((step) => step.id)
    const before = await ids()
    const state = join(project.folder, 'tiny')
    mkdirSync(state)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', state])
    try {
      project.write(spec.replace("['orders.>']", "['orders.>', 'full.>']"))
      const ran = await project.run(['apply', '--yes', '--no-verify'], { env: { MQOPS_HOME: state } })
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringMatching(/MQOPS_DISK_FULL/)])
    } finally {
      execFileSync('umount', [state])
      project.write(spec)
    }
    expect(await ids()).toEqual(before)
  })

  it('Ctrl-C: stops after the running step, exit 130, says how to resume, and resume ends it', async () => {
    const other = spec.replace('e2e-nats', 'e2e-interrupted')
    project.write(other, 'other.yaml')
    const child = project.spawn(['apply', '-f', 'other.yaml', '--yes', '--no-verify', '--json'])
    child.stdout?.once('data', () => child.kill('SIGINT'))
    const ran = await ended(child)
    expect([ran.code, ran.stderr]).toEqual([130, expect.stringMatching(/mqops resume/)])
    await project.ok('resume', '--yes', '--no-verify')
    expect((await project.json<{ steps: unknown[] }>('plan', '-f', 'other.yaml')).steps).toEqual([])
  })
})
