import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Application, ClusterStatus, Loaded, RunOptions, RunResult } from '../../../src/cli/application.ts'
import { runCli } from '../../../src/cli/cli.ts'
import type { Prompts } from '../../../src/cli/invocation.ts'
import type { Stream, Terminal } from '../../../src/cli/terminal.ts'
import { type Line, print } from '../../../src/cli/views/text.ts'
import { address } from '../../../src/model/address.ts'
import type { Check } from '../../../src/model/check.ts'
import type { Approval } from '../../../src/model/event.ts'
import type { Failure } from '../../../src/model/failure.ts'
import type { Plan, Step } from '../../../src/model/plan.ts'
import type { ClusterSpec } from '../../../src/model/spec.ts'

/** Values and a hand-made outside for tests of the command line. */

export const spec = (name: string, more: Partial<ClusterSpec> = {}): ClusterSpec => ({
  broker: 'Kafka',
  name,
  labels: {},
  version: '4.3',
  target: { name: 'local', options: {} },
  security: { tls: true },
  folder: '/project',
  fields: {},
  ...more,
})

export const step = (more: Partial<Step> = {}): Step => ({
  id: `${more.action ?? 'kafka.topic.create'} ${(more.address?.key ?? ['a']).join('/')}`,
  address: address('orders', 'topic', 'a'),
  action: 'kafka.topic.create',
  args: { key: ['a'], want: {} },
  reads: 'digest',
  needs: [],
  reason: 'the spec has it',
  risk: 'safe',
  reversible: true,
  changes: [],
  ...more,
})

export const plan = (steps: readonly Step[], more: Partial<Plan> = {}, specs = [spec('orders')]): Plan => ({
  format: 1,
  clusters: Object.fromEntries(specs.map((one) => [one.name, 'id'])),
  spec: specs,
  steps,
  later: [],
  notes: [],
  ...more,
})

export const check = (more: Partial<Check> = {}): Check => ({
  about: address('orders', 'cluster'),
  name: 'canary',
  ok: true,
  evidence: '100 of 100 messages read back',
  ms: 12,
  ...more,
})

export const status = (more: Partial<ClusterStatus> = {}): ClusterStatus => ({
  spec: spec('orders'),
  clusterId: 'id',
  state: 'healthy',
  version: '4.3.1',
  members: [
    {
      role: 'broker',
      slot: 1,
      running: true,
      startedAt: 0,
      health: { role: 'broker', slot: 1, up: true, leader: true, mayStop: { is: 'yes' } },
      ports: { client: 20001 },
    },
  ],
  certificatesExpire: null,
  ...more,
})

export const result = (more: Partial<RunResult> = {}): RunResult => ({
  run: 'run-1',
  state: 'done',
  failures: [],
  uncovered: [],
  todo: [],
  takenBack: [],
  steps: 1,
  ...more,
})

/** What stands in a terminal, without colours. */
export const printed = (lines: readonly Line[], columns = Number.POSITIVE_INFINITY): string =>
  print(lines, { color: false, columns })

export const failure = (code: string): Failure => ({ code, summary: `it was ${code}`, retryable: false })
export const destructive = step({ id: 'd', action: 'kafka.topic.delete', risk: 'destructive', loses: { messages: 7 } })

/** Keeps what a run was asked for. */
export function runs(more: Partial<Parameters<typeof result>[0]> = {}): {
  app: Partial<Application>
  approvals: Approval[]
  o: RunOptions[]
} {
  const approvals: Approval[] = []
  const o: RunOptions[] = []
  return {
    approvals,
    o,
    app: {
      plan: async () => ({ plan: plan([step()]), failures: [] }),
      run: async (_, approval, options) => {
        approvals.push(approval)
        o.push(options)
        return result(more)
      },
      verify: async (_, { seen }) => {
        seen(check())
        return [check()]
      },
    },
  }
}

const unasked = (name: string) => () => {
  throw new Error(`the test's application has no ${name}`)
}

/** An application whose every answer a test gives; what it doesn't give must not be asked. */
export function application(given: Partial<Application> = {}): Application {
  const loaded = (clusters: readonly ClusterSpec[]): Loaded => ({ clusters, failures: [], sourceOf: () => null })
  return {
    version: '1.2.3',
    cwd: '/project',
    stateFolder: '/project/.mqops',
    brokers: [],
    runtimes: {
      ensure: unasked('ensure'),
      installed: unasked('installed'),
      versions: () => [],
      report: async () => [],
    },
    load: async () => loaded([spec('orders')]),
    schema: unasked('schema'),
    reference: unasked('reference'),
    starter: unasked('starter'),
    remembered: async () => [spec('orders')],
    plan: unasked('plan'),
    planDestroy: unasked('planDestroy'),
    planStop: unasked('planStop'),
    planOffsets: unasked('planOffsets'),
    groups: unasked('groups'),
    standing: unasked('standing'),
    printPlan: unasked('printPlan'),
    readPlan: unasked('readPlan'),
    run: unasked('run'),
    resume: unasked('resume'),
    runs: unasked('runs'),
    runEvents: unasked('runEvents'),
    verify: unasked('verify'),
    status: unasked('status'),
    adopt: unasked('adopt'),
    import: unasked('import'),
    names: unasked('names'),
    owned: async () => new Map(),
    convert: unasked('convert'),
    connect: unasked('connect'),
    logs: unasked('logs'),
    close: async () => {},
    ...given,
  }
}

export type Script = { confirm?: boolean; text?: string | null; choose?: readonly string[] }
export type CliRun = { code: number; out: string; err: string; asked: readonly string[] }
export type CliTest = {
  app?: Partial<Application>
  /** Answers of a person at a terminal; without them nobody is there. */
  person?: Script
  env?: Record<string, string>
  columns?: number
  cwd?: string
  program?: string
  /** Gets what a signal would call. */
  onTerminal?(interrupt: () => void, unread: () => void): void
}

class Left extends Error {
  readonly code: number
  constructor(code: number) {
    super(`left with ${code}`)
    this.code = code
  }
}

/** Runs a command line with a made-up outside. Time stands still. */
export async function cli(line: readonly string[], o: CliTest = {}): Promise<CliRun> {
  const text = { out: '', err: '' }
  const asked: string[] = []
  const unread = new AbortController()
  const stream = (name: 'out' | 'err'): Stream => ({
    isTerminal: o.person !== undefined || o.columns !== undefined,
    columns: () => o.columns ?? (o.person ? 100 : Number.POSITIVE_INFINITY),
    rows: () => 24,
    write: (more) => {
      text[name] += more
    },
  })
  let interrupted: (() => void) | null = null
  const terminal: Terminal = {
    out: stream('out'),
    err: stream('err'),
    interactive: o.person !== undefined,
    cwd: o.cwd ?? '/nowhere/at/all',
    env: { NO_COLOR: '1', ...o.env },
    now: () => 1_700_000_000_000,
    every: () => () => {},
    sleep: async () => {},
    onInterrupt: (handler) => {
      interrupted = handler
    },
    leave: (code) => {
      throw new Left(code)
    },
    unread: unread.signal,
    writeProblem: () => null,
    flush: async () => {},
  }
  const answered = <T>(question: string, answer: T | undefined): T => {
    asked.push(question)
    if (answer === undefined) throw new Error(`nobody answers: ${question}`)
    return answer
  }
  const prompts: Prompts = {
    confirm: async (question) => answered(question, o.person?.confirm),
    text: async (question) => answered(question, o.person?.text),
    choose: async (question) => answered(question, o.person?.choose),
  }
  o.onTerminal?.(
    () => (interrupted ? interrupted() : terminal.leave(130)),
    () => unread.abort(),
  )
  const code = await runCli(line, {
    terminal,
    version: '1.2.3',
    ...(o.program === undefined ? {} : { program: o.program }),
    prompts,
    createApplication: async () => application(o.app),
  })
  return { code, ...text, asked }
}

/** A folder for one test. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'mqops-cli-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}
