import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { systemContext } from '../../src/adapters/context.ts'
import { createCertificateAuthority } from '../../src/adapters/pki/index.ts'
import { createProcesses } from '../../src/adapters/process/index.ts'
import { brokers } from '../../src/brokers/registry.ts'
import type { Application, Connection, ImportedText, RunResult } from '../../src/cli/application.ts'
import { createApplication } from '../../src/compose.ts'
import type { LiveEvent } from '../../src/model/event.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Plan } from '../../src/model/plan.ts'
import type { ClusterSpec } from '../../src/model/spec.ts'
import type { ClusterWorld } from '../../src/ports/action.ts'
import { createRuntimes } from '../../src/runtimes/index.ts'
import { createTargets } from '../../src/targets/registry.ts'
import { openWorld } from '../../src/worlds.ts'
import { guardedFolder } from '../support/guarded-folder.ts'

const never = new AbortController().signal
export const ALL = { all: true, confirmed: ['suite'] }

/** A real cluster named `suite` in a folder of its own, changed by plans like everything else. */
export class RealCluster {
  readonly folder: string
  readonly #broker: string
  private constructor(broker: string, folder: string) {
    this.#broker = broker
    this.folder = folder
  }

  static async open(broker: string): Promise<RealCluster> {
    return new RealCluster(broker, guardedFolder('mqops-suite-'))
  }

  /** Each command is a process of its own, which closes its connections at its end. */
  async #command<T>(work: (application: Application) => Promise<T>): Promise<T> {
    const application = await createApplication({ cwd: this.folder, env: process.env })
    try {
      return await work(application)
    } finally {
      await application.close()
    }
  }

  /** JSON is YAML: the fields go the way that users' files go. */
  load(fields: JsonObject): Promise<readonly ClusterSpec[]> {
    return this.#command((application) => this.#loaded(application, this.#textOf(fields)))
  }

  #textOf(fields: JsonObject): string {
    return JSON.stringify({ apiVersion: 'mqops/v1', kind: this.#broker, metadata: { name: 'suite' }, spec: fields })
  }

  async #loaded(application: Application, text: string): Promise<readonly ClusterSpec[]> {
    writeFileSync(join(this.folder, 'mqops.yaml'), text)
    const { clusters, failures } = await application.load([])
    expect(failures).toEqual([])
    return clusters
  }

  plan(fields: JsonObject): Promise<Plan> {
    return this.#planOf(this.#textOf(fields))
  }

  #planOf(text: string): Promise<Plan> {
    return this.#command(async (application) => {
      const { plan, failures } = await application.plan(await this.#loaded(application, text))
      expect(failures).toEqual([])
      return plan
    })
  }

  /** What import says of the cluster, and the plan of its text. */
  async import(fields: JsonObject): Promise<ImportedText & { readonly plan: Plan }> {
    const [imported] = (await this.#command(async (application) =>
      application.import(await this.#loaded(application, this.#textOf(fields)), []),
    )) as [ImportedText]
    expect(imported).toMatchObject({ failures: [] })
    expect(imported.problem).toBeUndefined()
    return { ...imported, plan: await this.#planOf(imported.text) }
  }

  async run(plan: Plan): Promise<string> {
    const result = await this.attempt(plan)
    expect(result.failures).toEqual([])
    return result.state
  }

  /** However it ends. */
  attempt(plan: Plan, live: (event: LiveEvent) => void = () => {}): Promise<RunResult> {
    return this.#command((application) => application.run(plan, ALL, { live, stopping: never, signal: never }))
  }

  /** The cluster as steps see it, with sessions of its own. */
  async world(fields: JsonObject): Promise<ClusterWorld> {
    const targets = createTargets({
      cwd: this.folder,
      env: process.env,
      runtimes: createRuntimes({ env: process.env }),
      processes: createProcesses(),
      authority: createCertificateAuthority(Date.now),
      hashesOf: (kind) => brokers.find((b) => b.kind === kind)?.hashes ?? {},
    })
    const ctx = systemContext({ signal: never, env: process.env, now: Date.now })
    const [spec] = await this.load(fields)
    return openWorld(spec as ClusterSpec, brokers, targets, ctx)
  }

  /** With the password: for clients that are not our code. `user` null: the administrator. */
  async connection(fields: JsonObject, user: string | null): Promise<Connection> {
    return this.#command(async (application) => {
      const [spec] = await this.#loaded(application, this.#textOf(fields))
      return application.connect(spec as ClusterSpec, { user, secrets: true })
    })
  }

  /** A command of the distribution beside a member; throws what it says when it fails. */
  async command(fields: JsonObject, slot: number, argv: readonly string[]): Promise<string> {
    const { broker, spec, target, ctx } = await this.world(fields)
    const member = broker.layout(spec).members.find((one) => one.slot === slot)
    if (!member) throw new Error(`there is no member ${slot}`)
    const { code, stdout, stderr } = await target.exec(member, argv, ctx)
    if (code !== 0) throw new Error(`${argv.join(' ')}: ${stdout}${stderr}`)
    return stdout
  }

  /** Where the files of a member are. */
  homeOf(slot: number): string {
    const members = join(this.folder, '.mqops-local/suite/members')
    const name = readdirSync(members).find((one) => new RegExp(`^[a-z]+-${slot}$`).test(one))
    return join(members, name ?? '')
  }

  async pidOf(slot: number): Promise<number> {
    const started = await createProcesses().latest(join(this.homeOf(slot), 'process'))
    if (!started) throw new Error(`member ${slot} was never started`)
    return started.identity.pid
  }

  async end(): Promise<void> {
    const { plan } = await this.#command(async (application) =>
      application.planDestroy(await this.#loaded(application, this.#textOf({}))),
    )
    await this.run(plan)
    rmSync(this.folder, { recursive: true, force: true })
  }
}
