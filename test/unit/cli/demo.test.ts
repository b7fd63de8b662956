import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Broker } from '../../../src/ports/broker.ts'
import type { Runtimes } from '../../../src/ports/runtimes.ts'
import { cli, destructive, folder, plan, runs, spec, status } from './support.ts'

describe('demo', () => {
  it('builds, verifies, shows, and proposes what to do next', async () => {
    const { app, approvals } = runs()
    const loaded: (readonly string[])[] = []
    const ran = await cli(['demo'], {
      app: {
        ...app,
        load: async (paths) => (
          loaded.push(paths), { clusters: [spec('demo-kafka')], failures: [], sourceOf: () => null }
        ),
        status: async () => [status({ spec: spec('demo-kafka') })],
      },
    })
    expect([ran.code, approvals]).toEqual([0, [{ all: true, confirmed: [] }]])
    expect(loaded[0]?.[0]).toMatch(/examples\/demo\.yaml$/)
    expect(ran.out).toMatch(
      /healthy[\s\S]*Ready and verified[\s\S]*1\. [\s\S]*mqops plan[\s\S]*2\. [\s\S]*mqops status[\s\S]*3\. [\s\S]*mqops connect demo-kafka/,
    )
  })

  it('prints lines that work when they are typed as they stand, and names only the downloads it needs', async () => {
    const { app } = runs()
    const cwd = folder()
    const missing = (software: 'kafka' | 'nats' | 'java', version: string) =>
      ({ software, version, state: 'missing' }) as const
    const demo = () =>
      cli(['demo'], {
        cwd,
        program: './mqops',
        app: {
          ...app,
          brokers: [{ kind: 'Kafka', software: 'kafka' } as Broker],
          runtimes: {
            report: async () => [
              missing('kafka', '4.3.1'),
              missing('kafka', '4.2.1'),
              missing('nats', '2.15.1'),
              missing('java', '17'),
            ],
          } as unknown as Runtimes,
          load: async () => ({ clusters: [spec('demo-kafka')], failures: [], sourceOf: () => null }),
          status: async () => [status({ spec: spec('demo-kafka') })],
        },
      })
    const ran = await demo()
    expect(ran.out).toContain('To be downloaded once: kafka 4.3.1, java 17.\n')
    const lines = ran.out.split('\n').flatMap((line) => /^ +\$ (.*)$/.exec(line)?.[1] ?? [])
    expect(lines).toEqual([
      expect.stringMatching(/^cp \/\S+\/examples\/demo\.yaml mqops\.yaml$/),
      './mqops plan',
      './mqops status',
      './mqops connect demo-kafka --show-secrets',
    ])
    expect(ran.out).toContain('./mqops demo --down\n')
    writeFileSync(join(cwd, 'mqops.yaml'), 'mine')
    expect((await demo()).out).not.toContain('cp ')
  })

  it('--down asks nobody and leaves nothing remembered', async () => {
    const { app, approvals } = runs()
    const forgotten: (readonly string[])[] = []
    const ran = await cli(['demo', '--down'], {
      app: {
        ...app,
        load: async () => ({ clusters: [spec('demo-kafka')], failures: [], sourceOf: () => null }),
        planDestroy: async () => ({ plan: plan([destructive]), failures: [] }),
        forget: async (names) => void forgotten.push(names),
      },
    })
    expect([ran.code, approvals, forgotten]).toEqual([0, [{ all: true, confirmed: ['demo-kafka'] }], [['demo-kafka']]])
  })
})
