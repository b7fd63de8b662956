import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
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

const never = new AbortController().signal
export const ALL = { all: true, confirmed: ['suite'] }

/** A real cluster named `suite` in a folder of its own, changed by plans like everything else. */
export class RealCluster {
  readonly folder: string
  readonly #broker: string
  readonly #application: Application
  private constructor(broker: string, folder: string, application: Application) {
    this.#broker = broker
    this.folder = folder
    this.#application = application
  }

  static async open(broker: string): Promise<RealCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'mqops-suite-'))
    return new RealCluster(broker, folder, await createApplication({ cwd: folder, env: process.env }))
  }

  /** JSON is YAML: the fields go the way that users' files go. */
  async load(fields: JsonObject): Promise<readonly ClusterSpec[]> {
    const document = { apiVersion: 'mqops/v1', kind: this.#broker, metadata: { name: 'suite' }, spec: fields }
    return this.#loadText(JSON.stringify(document))
  }

  async #loadText(text: string): Promise<readonly ClusterSpec[]> {
    writeFileSync(join(this.folder, 'mqops.yaml'), text)
    const { clusters, failures } = await this.#application.load([])
    expect(failures).toEqual([])
    return clusters
  }

  async plan(fields: JsonObject): Promise<Plan> {
    return this.#planOf(await this.load(fields))
  }

  async #planOf(specs: readonly ClusterSpec[]): Promise<Plan> {
    const { plan, failures } = await this.#application.plan(specs)
    expect(failures).toEqual([])
    return plan
  }

  /** What import says of the cluster, and the plan of its text. */
  async import(fields: JsonObject): Promise<ImportedText & { readonly plan: Plan }> {
    const [imported] = (await this.#application.import(await this.load(fields), [])) as [ImportedText]
    expect(imported).toMatchObject({ failures: [] })
    expect(imported.problem).toBeUndefined()
    return { ...imported, plan: await this.#planOf(await this.#loadText(imported.text)) }
  }

  async run(plan: Plan): Promise<string> {
    const result = await this.attempt(plan)
    expect(result.failures).toEqual([])
    return result.state
  }

  /** However it ends. */
  attempt(plan: Plan, live: (event: LiveEvent) => void = () => {}): Promise<RunResult> {
    return this.#application.run(plan, ALL, { live, stopping: never, signal: never })
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
    const [spec] = await this.load(fields)
    return this.#application.connect(spec as ClusterSpec, { user, secrets: true })
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
    await this.run((await this.#application.planDestroy(await this.load({}))).plan)
    await this.#application.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
