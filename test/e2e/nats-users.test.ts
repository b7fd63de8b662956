import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ended, plainClient, Project } from './project.ts'

const project = new Project()
const spec = (users: string) => `apiVersion: mqops/v1
kind: Nats
metadata: { name: e2e-users }
spec:
  members: 3
  accounts:
    SHOP:
      users:
        shop: {}
        ${users}
`
const OWN = 'billing: { password: { secretRef: { file: billing.txt } } }'
type Step = { action: string; risk: string; address: { kind: string; key: string[] } }

beforeAll(async () => {
  project.write('first', 'billing.txt')
  project.write(spec(OWN))
  await project.ok('apply', '--yes', '--no-verify')
})
afterAll(() => project.end())

/** A live connection of a foreign client: what it has told so far, and a wait for what it will tell. */
async function hold(user: string) {
  const connection = await project.json<object>('connect', 'e2e-users', '--user', user, '--show-secrets')
  const child = plainClient('hold', 'Nats', [], connection)
  const over = ended(child)
  const told: string[] = []
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const waiting = new Map<string, () => void>()
  lines.on('line', (line) => {
    told.push(line)
    waiting.get(line)?.()
  })
  const until = (line: string) =>
    new Promise<void>((resolve, reject) => {
      if (told.includes(line)) return resolve()
      waiting.set(line, resolve)
      void over.then((ran) => reject(new Error(`ended without saying "${line}": ${JSON.stringify(ran)}`)), reject)
    })
  await until('connected')
  const refused = async () =>
    JSON.parse((await ended(plainClient('refused', 'Nats', [], connection))).stdout) as boolean
  return { told, until, refused, end: () => (child.stdin?.end(), over) }
}

async function changed(users: string): Promise<readonly string[]> {
  if (users !== '') project.write(spec(users))
  const plan = await project.json<{ steps: Step[] }>('plan')
  await project.ok('apply', '--yes', '--confirm', 'e2e-users', '--no-verify')
  return [...new Set(plan.steps.filter((s) => s.action === 'member.reload').map((s) => s.risk))]
}

it('a changed password and a removed user close live connections, and the plan says so; others stay', async () => {
  const shop = await hold('shop')
  const old = await hold('billing')
  project.write('second', 'billing.txt')
  expect(await changed('')).toEqual(['disruptive'])
  await old.until('closed')
  expect(await old.refused()).toBe(true)
  await old.end()
  const billing = await hold('billing')
  expect(await changed(`${OWN}\n        audit: {}`)).toEqual(['safe'])
  expect(billing.told).toEqual(['connected'])
  expect(await changed('audit: {}')).toEqual(['disruptive'])
  await billing.until('closed')
  expect(await billing.refused()).toBe(true)
  await billing.end()
  expect([shop.told, await shop.refused()]).toEqual([['connected'], false])
  await shop.end()
})
