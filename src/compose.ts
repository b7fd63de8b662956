import { hostname, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { readFileSync } from 'node:fs'
import { systemContext } from './adapters/context.ts'
import { killingStore } from './adapters/faults/index.ts'
import { readForeignFiles, readSpecFiles, removeClientFiles, writeClientFile } from './adapters/files/index.ts'
import { createCertificateAuthority } from './adapters/pki/index.ts'
import { createProcesses } from './adapters/process/index.ts'
import { openSqliteStore, removeSqliteStore } from './adapters/sqlite/index.ts'
import { brokers } from './brokers/registry.ts'
import type { Application, ImportedText, Loaded } from './cli/application.ts'
import { kindActions } from './engine/kind-actions.ts'
import { viewRun, canResume } from './engine/journal.ts'
import { comparePlans, parsePlanFile, printPlanFile } from './engine/plan-file.ts'
import { resumeRun, type RunDeps, specsOf, startRun } from './engine/runs.ts'
import { type Failure, MqopsError } from './model/failure.ts'
import type { Dict } from './model/json.ts'
import type { Plan } from './model/plan.ts'
import type { ClusterSpec } from './model/spec.ts'
import { adopt } from './operations/adopt/index.ts'
import { connectionOf, logsOf } from './operations/access/index.ts'
import { importCluster } from './operations/import/index.ts'
import { memberActions } from './operations/deploy/actions.ts'
import { countOwned, namesOf } from './operations/names/index.ts'
import { planDeploy } from './operations/deploy/plan.ts'
import { lifecycleActions, planDestroy, planStop } from './operations/lifecycle/index.ts'
import {
  listGroups,
  OPERATION as OFFSETS,
  offsetsActions,
  planOffsets,
  planRequested,
  standingOf,
} from './operations/offsets/index.ts'
import { statusOf } from './operations/status/index.ts'
import { verifyCluster } from './operations/verify/index.ts'
import type { Action, ClusterWorld } from './ports/action.ts'
import type { Broker } from './ports/broker.ts'
import type { Store } from './ports/store.ts'
import { createRuntimes } from './runtimes/index.ts'
import { convertFiles, FOREIGN_FILE_BYTES, jsonSchema, loadSpec, referenceOf, specText, starter } from './spec/index.ts'
import { createTargets } from './targets/registry.ts'
import { openWorld } from './worlds.ts'

export type ApplicationOptions = {
  readonly cwd: string
  readonly env: Dict<string | undefined>
  readonly now?: () => number
}

/** The only place where adapters are made and joined. Opens nothing that isn't needed: the store at first use. */
export async function createApplication(o: ApplicationOptions): Promise<Application> {
  const now = o.now ?? Date.now
  const stateFolder = resolve(o.cwd, o.env['MQOPS_HOME'] || '.mqops')
  const runtimes = createRuntimes({ env: o.env, ...(o.env['MQOPS_CACHE'] ? { cache: o.env['MQOPS_CACHE'] } : {}) })
  const targets = createTargets({
    cwd: o.cwd,
    env: o.env,
    runtimes,
    processes: createProcesses(),
    authority: createCertificateAuthority(now),
    hashesOf: (kind) => brokers.find((b) => b.kind === kind)?.hashes ?? {},
  })
  let opened: Store | null = null
  const store = (): Store => {
    opened ??= killingStore(openSqliteStore(stateFolder), o.env['MQOPS_FAULT'], () =>
      process.kill(process.pid, 'SIGKILL'),
    )
    return opened
  }
  const open = new Set<ClusterWorld>()
  let loaded: Loaded | null = null
  /** What was read last knows where in it a failure comes from. */
  const located = ({ path, ...failure }: Failure): Failure => {
    const source = path && failure.address ? loaded?.sourceOf(failure.address.cluster, path) : null
    return { ...failure, ...(source ? { source } : {}) }
  }
  const plan: Application['plan'] = async (specs, options) => {
    const planned = await planDeploy(worldsOf(specs), options)
    return { ...planned, failures: planned.failures.map(located) }
  }
  const context = (signal: AbortSignal) => systemContext({ signal, env: o.env, now })
  const worldsOf = (specs: readonly ClusterSpec[], ctx = context(new AbortController().signal)) =>
    specs.map((spec) => {
      const world = openWorld(spec, brokers, targets, ctx)
      open.add(world)
      return world
    })
  /** Rejects after so many milliseconds; what hangs is not waited for at the end either. */
  const within = <T>(spec: ClusterSpec, ms: number, work: (world: ClusterWorld) => Promise<T>): Promise<T> => {
    const signal = AbortSignal.timeout(ms)
    const [world] = worldsOf([spec], context(signal)) as [ClusterWorld]
    const late = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => {
      open.delete(world)
      late.reject(signal.reason)
    })
    return Promise.race([work(world), late.promise])
  }
  const actions = new Map<string, Action>(
    [
      ...memberActions,
      ...lifecycleActions,
      ...offsetsActions,
      ...brokers.flatMap((b) => b.kinds.flatMap(kindActions)),
    ].map((action) => [action.name, action]),
  )
  const deps = (): RunDeps => ({
    store: store(),
    actions,
    actor: `${userInfo().username}@${hostname()} pid ${process.pid}`,
    context,
    worlds: (specs, ctx) => new Map(worldsOf(specs, ctx).map((world) => [world.spec.name, world])),
    planLater: (worlds, adopt) => planDeploy(worlds, { adopt }),
  })
  return {
    version: (JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string })
      .version,
    cwd: o.cwd,
    stateFolder,
    brokers,
    runtimes,
    load: async (paths): Promise<Loaded> => {
      const { files, failures } = await readSpecFiles(paths.length > 0 ? paths : ['mqops.yaml'], o.cwd)
      const read = loadSpec(files, { brokers, targets, env: o.env })
      loaded = { ...read, failures: [...failures, ...read.failures] }
      return loaded
    },
    schema: () => jsonSchema(brokers, targets),
    reference: (kind) => referenceOf(brokers.find((b) => b.kind === kind) as Broker, targets),
    starter: (kinds) =>
      starter(
        brokers.filter((b) => kinds.length === 0 || kinds.includes(b.kind)),
        undefined,
      ),
    remembered: async () => {
      const keys = await store().keys('cluster/')
      return Promise.all(keys.map(async (key) => (await store().get(key)) as unknown as ClusterSpec))
    },
    plan,
    planDestroy: async (specs) => ({ plan: await planDestroy(worldsOf(specs)), failures: [] }),
    planStop: async (specs) => ({ plan: await planStop(worldsOf(specs)), failures: [] }),
    printPlan: printPlanFile,
    readPlan: async (text) => {
      const filed = parsePlanFile(text)
      const derived = await planAgain(filed, worldsOf(specsOf(filed)))
      if (derived.failures.length === 0) comparePlans(filed, derived.plan)
      return { plan: filed, failures: derived.failures }
    },
    run: async (plan, approval, options) => {
      const result = await startRun(plan, approval, deps(), options)
      // What `connect` wrote of a cluster goes with it.
      const gone = plan.steps.filter((step) => step.action === 'cluster.destroy').map((step) => step.address.cluster)
      if (result.state === 'done') await removeClientFiles(join(stateFolder, 'connect'), gone)
      return result
    },
    resume: async (run, options) => {
      const name = run ?? (await newestOpenRun(store()))
      return name === null ? null : resumeRun(name, options.approval, deps(), options)
    },
    runs: (limit) => store().runs(limit),
    runEvents: (run) => store().events(run),
    verify: async (specs, { seen, signal, patienceMs = 0 }) => {
      const worlds = worldsOf(specs, context(signal))
      const each = await Promise.all(
        worlds.map((world) => verifyCluster(world, () => planDeploy([world]), seen, patienceMs)),
      )
      return each.flat()
    },
    groups: (spec) => listGroups(worldsOf([spec])[0] as ClusterWorld),
    standing: (spec, group, topics) => standingOf(worldsOf([spec])[0] as ClusterWorld, group, topics),
    planOffsets: (spec, ask) => planOffsets(worldsOf([spec])[0] as ClusterWorld, ask),
    status: (specs) => Promise.all(worldsOf(specs).map(statusOf)),
    adopt: async (specs, takeOver, options) => {
      const adopted = []
      for (const world of worldsOf(specs))
        adopted.push(
          await adopt(
            world,
            store(),
            () => planDeploy([world], { adopt: takeOver }),
            (plan) => startRun(plan, { all: true, confirmed: [] }, deps(), options),
          ),
        )
      return adopted
    },
    import: (specs, only) =>
      Promise.all(
        worldsOf(specs).map(async (world): Promise<ImportedText> => {
          const imported = await importCluster(world, only)
          if (imported.problem) return { ...imported, text: '', failures: [] }
          const text = specText(world.spec, imported.fields, referenceOf(world.broker, targets), {
            head: [
              `What mqops import found in ${world.spec.name}.`,
              'mqops plan shows what applying it would do: take over what is there.',
            ],
            foot:
              imported.left.length === 0
                ? []
                : ['Not in this file:', ...imported.left.map((one) => `  ${one.address}: ${one.why}`)],
          })
          const file = {
            name: `${world.spec.name}.yaml`,
            folder: world.spec.folder,
            bytes: new TextEncoder().encode(text),
          }
          return { ...imported, text, failures: loadSpec([file], { brokers, targets, env: o.env }).failures }
        }),
      ),
    names: (spec, kind, withinMs) => within(spec, withinMs, (world) => namesOf(world, kind)),
    owned: async (specs, withinMs) => {
      const counted = await Promise.all(
        specs.map((spec) =>
          within(spec, withinMs, countOwned).then(
            (owned) => [[spec.name, owned] as const],
            () => [],
          ),
        ),
      )
      return new Map(counted.flat())
    },
    convert: async (paths, options) => {
      const { files, failures } = await readForeignFiles(paths, o.cwd, FOREIGN_FILE_BYTES)
      if (failures.length > 0) return { specs: [], failures }
      return convertFiles(files, { brokers, targets, env: o.env, ...options })
    },
    connect: (spec, options) =>
      connectionOf(worldsOf([spec])[0] as ClusterWorld, options, (name, text) =>
        writeClientFile(join(stateFolder, 'connect'), name, text),
      ),
    logs: (spec, slot, { lines, follow, signal }) =>
      logsOf(worldsOf([spec], context(signal))[0] as ClusterWorld, slot, { lines, follow }),
    forget: async (clusters) => {
      const empty = await store().forget(clusters)
      await removeClientFiles(join(stateFolder, 'connect'), clusters)
      if (!empty) return
      await opened?.close()
      opened = null
      removeSqliteStore(stateFolder)
    },
    close: async () => {
      await Promise.all([...open].map((world) => world.dropSession()))
      await opened?.close()
    },
  }
}

/** The steps that a plan's own spec or request gives now. */
async function planAgain({ operation, adopt = [] }: Plan, worlds: readonly ClusterWorld[]) {
  if (!operation) return planDeploy(worlds, { adopt })
  const [world] = worlds
  if (operation.name === OFFSETS && world) return planRequested(world, operation.request)
  throw new MqopsError({
    code: 'MQOPS_PLAN_FORMAT',
    summary: `this version of mqops has no operation "${operation.name}"`,
    hint: 'Make a new plan with this version.',
  })
}

async function newestOpenRun(store: Store): Promise<string | null> {
  for (const { run } of await store.runs(50)) {
    const view = viewRun(await store.events(run))
    if (view && canResume(view.state)) return run
    if (view) return null // a later run has ended well: an older one is history
  }
  return null
}
