import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cli, folder, spec } from './support.ts'

it('connect: the password only when asked for, to the application as well', async () => {
  const asked: unknown[] = []
  const connection = {
    cluster: 'orders',
    broker: 'Kafka',
    endpoints: ['127.0.0.1:1'],
    username: 'shop',
    password: { secretRef: { generated: 'shop' } },
    ca: null,
    caFile: null,
    managementUrl: null,
    properties: { file: 'client.properties', text: 'a=b\n' },
    environment: { ORDERS_USERNAME: 'shop', ORDERS_PASSWORD: '${secretRef:generated:shop}' },
  }
  const app = {
    connect: async (_: unknown, o: unknown) => (asked.push(o), connection),
    remembered: async () => [spec('orders')],
  }
  const shown = await cli(['connect', 'orders', '--user', 'shop'], { app })
  expect(shown.out).toContain('(generated:shop)')
  expect((await cli(['connect', 'orders', '--properties', '--show-secrets'], { app })).out).toBe('a=b\n')
  expect((await cli(['connect', 'orders', '--env'], { app })).out).toBe('export ORDERS_USERNAME=shop\n')
  expect(asked).toEqual([
    { user: 'shop', secrets: false },
    { user: null, secrets: true },
    { user: null, secrets: false },
  ])
})

it('logs: a terminal is not steered by what a client made a broker write', async () => {
  const app = {
    brokers: [
      {
        kind: 'Kafka',
        layout: () => ({
          members: [
            { role: 'broker', slot: 1, ports: [] },
            { role: 'broker', slot: 2, ports: [] },
          ],
        }),
      },
    ] as never,
    remembered: async () => [spec('orders')],
    logs: async function* () {
      yield '\u001b[2J\thello'
    },
  }
  expect((await cli(['logs', 'orders/member/2'], { app, columns: 80 })).out).toBe('\\x1b[2J  hello\n')
  expect((await cli(['logs', 'orders/2'], { app })).out).toBe('\u001b[2J\thello\n')
  expect((await cli(['logs', 'orders'], { app })).out).toBe('orders/1 \u001b[2J\thello\norders/2 \u001b[2J\thello\n')
  expect((await cli(['logs', 'orders/member/3'], { app })).err).toMatch(/orders\/member\/1, orders\/member\/2/)
})

it('init writes a spec once, the schema beside it, and overwrites when forced', async () => {
  const cwd = folder()
  const app = {
    brokers: [{ kind: 'Kafka' }, { kind: 'Nats' }] as never,
    starter: (kinds: readonly string[]) => `# mqops.schema.json ${kinds.join()}\n`,
    schema: () => ({ type: 'object' }),
  }
  expect((await cli(['init', 'nats'], { app, cwd })).code).toBe(0)
  expect(readFileSync(join(cwd, 'mqops.yaml'), 'utf8')).toContain('Nats')
  expect(existsSync(join(cwd, 'mqops.schema.json'))).toBe(true)
  const again = await cli(['init'], { app, cwd })
  expect([again.code, again.err]).toEqual([1, expect.stringMatching(/--force/)])
  expect((await cli(['init', '--force'], { app, cwd })).code).toBe(0)
  expect(readFileSync(join(cwd, 'mqops.yaml'), 'utf8')).toContain('Kafka,Nats')
  expect((await cli(['init', 'natz'], { app, cwd })).err).toMatch(/Did you mean nats/)
})

it('doctor: 1 when something is missing, with the command that mends it', async () => {
  const cwd = folder()
  const report = async () => [{ software: 'nats', version: '2.15.1', state: 'missing', mend: 'mqops apply' } as const]
  const app = { stateFolder: join(cwd, '.mqops'), runtimes: { report } as never }
  const ran = await cli(['doctor'], { app, cwd })
  expect([ran.code, ran.out]).toEqual([1, expect.stringMatching(/nats 2\.15\.1[\s\S]*mqops apply/)])
  expect((await cli(['doctor'], { app: { ...app, runtimes: { report: async () => [] } as never }, cwd })).code).toBe(0)
})

it('__complete proposes names, and nothing when it can not', async () => {
  expect(
    (await cli(['__complete', 'clusters'], { app: { remembered: async () => [spec('orders'), spec('a')] } })).out,
  ).toBe('orders\na\n')
  const ran = await cli(['__complete', 'clusters'], {
    app: { remembered: async () => Promise.reject(new Error('no')) },
  })
  expect([ran.code, ran.out, ran.err]).toEqual([0, '', ''])
})
