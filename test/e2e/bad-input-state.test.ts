import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processesOf, Project } from './project.ts'

/** One light cluster; what is stored about it, and where, goes wrong. */
const project = new Project()
const spec = (more = '') => `apiVersion: mqops/v1
kind: Nats
metadata: { name: e2e-state }
spec:
  members: 1
  storage: 64MiB
  ${more}
  accounts: { A: { users: { shop: {} }, streams: { S: { subjects: ['s.>'] } } } }
`
const wider = (text: string) => text.replace("['s.>']", "['s.>', 't.>']")
const steps = async (...args: string[]) => (await project.json<{ steps: unknown[] }>('plan', ...args)).steps
const DESTROY = ['destroy', 'e2e-state', '--yes', '--confirm', 'e2e-state']

beforeAll(async () => {
  project.write(spec())
  await project.ok('apply', '--yes', '--no-verify')
})
afterAll(() => project.end())

describe('the state database', () => {
  const damaged = (name: string, damage: (folder: string) => void) => {
    const folder = join(project.folder, name)
    cpSync(join(project.folder, '.mqops'), folder, { recursive: true })
    damage(folder)
    return { MQOPS_HOME: folder }
  }

  it('cut off in the middle: said with what to do, and adopt goes on from the cluster', async () => {
    const env = damaged('cut', (folder) => {
      for (const name of ['state.db-wal', 'state.db-shm']) rmSync(join(folder, name), { force: true })
      truncateSync(join(folder, 'state.db'), Math.floor(statSync(join(folder, 'state.db')).size / 2))
    })
    const ran = await project.run(['runs', 'list'], { env })
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringMatching(/MQOPS_STATE_CORRUPT[\s\S]*adopt/)])
    execFileSync('mv', [join(env.MQOPS_HOME, 'state.db'), join(env.MQOPS_HOME, 'state.db.damaged')])
    const adopted = await project.run(['adopt'], { env })
    expect(adopted.code, adopted.stderr).toBe(0)
    const planned = await project.run(['plan', '-o', 'json'], { env })
    expect((JSON.parse(planned.stdout) as { steps: unknown[] }).steps).toEqual([])
  })

  it('gone, or with a log of half-written pages: opens, and the plan is the same', async () => {
    for (const env of [
      damaged('gone', (folder) => rmSync(join(folder, 'state.db'))),
      damaged('torn', (folder) => writeFileSync(join(folder, 'state.db-wal'), Buffer.alloc(5000, 7))),
    ]) {
      const planned = await project.run(['plan', '-o', 'json'], { env })
      expect(planned.code, planned.stderr).toBe(0)
      expect((JSON.parse(planned.stdout) as { steps: unknown[] }).steps).toEqual([])
      expect((await project.run(['runs', 'list'], { env })).code).toBe(0)
    }
  })
})

describe('specs that contradict each other', () => {
  it('one cluster name in two documents: both places are shown', async () => {
    project.write(`${spec()}---\n${spec()}`, 'twice.yaml')
    const ran = await project.run(['validate', '-f', 'twice.yaml'])
    expect([ran.code, ran.stdout + ran.stderr]).toEqual([78, expect.stringMatching(/twice\.yaml:\d+:\d+/)])
    expect(ran.stdout + ran.stderr).toContain('e2e-state')
  })

  it('one cluster name for two brokers, in two files', async () => {
    project.write('apiVersion: mqops/v1\nkind: Kafka\nmetadata: { name: e2e-state }\nspec: {}\n', 'other.yaml')
    const ran = await project.run(['validate', '-f', 'mqops.yaml', '-f', 'other.yaml'])
    expect([ran.code, ran.stdout + ran.stderr]).toEqual([78, expect.stringMatching(/other\.yaml:3:\d+/)])
  })
})

describe('names', () => {
  it('with quotes, Unicode, references and brackets: each is refused at its place, all at once', async () => {
    const names = ['o\'brien "x"', '日本 ü', '${A}', 'a#b {c}']
    const users = names.map((name) => `${JSON.stringify(name)}: {}`).join(', ')
    project.write(spec().replace('shop: {}', `shop: {}, ${users}`), 'named.yaml')
    const ran = await project.run(['apply', '-f', 'named.yaml', '--yes'])
    expect(ran.code).toBe(78)
    expect(ran.stderr.match(/named\.yaml:8:\d+/g)).toHaveLength(names.length)
    expect(await steps()).toEqual([])
  })

  it.each(['"a\\nb"', '"a\\0b"', '"a.b*"', '"> x"'])('a stream named %s is refused at its place', async (name) => {
    project.write(spec().replace('{ S: {', `{ ${name}: {`), 'named.yaml')
    const ran = await project.run(['plan', '-f', 'named.yaml'])
    expect([ran.code, ran.stdout + ran.stderr]).toEqual([78, expect.stringMatching(/named\.yaml:\d+:\d+/)])
  })
})

describe('the disk of a member', () => {
  it('full: said with path and bytes, the member is not lost, and works again when there is room', async () => {
    const disk = new Project()
    const mount = join(disk.folder, 'disk')
    mkdirSync(mount)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'tmpfs', mount])
    try {
      const text = spec('target: { local: { folder: disk } }').replace('e2e-state', 'e2e-disk')
      disk.write(text)
      await disk.ok('apply', '--yes', '--no-verify')
      const [server] = processesOf(mount).filter(({ command }) => command.includes('nats-server'))
      process.kill(server?.pid as number, 'SIGKILL')
      const filler = join(mount, 'filler')
      expect(() => execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'], { stdio: 'ignore' })).toThrow(/dd/)
      const status = await disk.run(['status'])
      expect([status.code, status.stdout]).toEqual([1, expect.stringContaining('ended by itself')])
      const ran = await disk.run(['apply', '--yes', '--no-verify'])
      expect([ran.code, ran.stderr]).toEqual([
        1,
        expect.stringMatching(/MQOPS_DISK_FULL\]: no room for .*e2e-disk.*needed/),
      ])
      rmSync(filler)
      await disk.ok('apply', '--yes')
      expect((await disk.json<{ steps: unknown[] }>('plan')).steps).toEqual([])
      await disk.ok('destroy', 'e2e-disk', '--yes', '--confirm', 'e2e-disk')
      expect(existsSync(join(mount, 'e2e-disk'))).toBe(false)
    } finally {
      for (const { pid } of processesOf(mount)) process.kill(pid, 'SIGKILL')
      await expect.poll(() => processesOf(mount)).toEqual([])
      execFileSync('umount', [mount])
      await disk.end()
    }
  })
})

describe('plan files', () => {
  it('of a cluster that was built anew since: refused by its id, and nothing changes', async () => {
    project.write(wider(spec()))
    await project.ok('plan', '--out', 'plan.json')
    project.write(spec())
    const id = () =>
      (
        JSON.parse(readFileSync(join(project.folder, '.mqops-local/e2e-state/allocation.json'), 'utf8')) as {
          clusterId: string
        }
      ).clusterId
    const old = id()
    await project.ok(...DESTROY)
    await project.ok('apply', '--yes', '--no-verify')
    const ran = await project.run(['apply', 'plan.json', '--yes'])
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringMatching(/MQOPS_PLAN_OTHER_CLUSTER/)])
    for (const one of [old, id()]) expect(ran.stderr).toContain(one)
    expect(await steps()).toEqual([])
  })
})
