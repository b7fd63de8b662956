import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Cache, condemn, explained, makeFolders, wholeInstalled } from './cache.ts'
import { RuntimeError } from './errors.ts'
import { findKafka, installKafka, readyKafka } from './kafka.ts'
import { kafkaOnMachine } from './kafka-path.ts'
import { findNats, installNats, natsOnPath } from './nats.ts'
import { findRabbitmq, installRabbitmq } from './rabbitmq.ts'
import { rabbitmqOnPath } from './rabbitmq-path.ts'
import { report } from './report.ts'
import type { EnsureOptions, Installation, OnMachine, Runtimes, Software, Wish } from './types.ts'
import { isVersion, pinned, unknownVersion } from './versions.ts'

type Distribution = {
  /** What is in the cache. */
  find(cache: Cache, wish: string, signal: AbortSignal): Promise<Installation | null>
  /** What fits among what somebody else installed; wish '': any. */
  machine(cache: Cache, wish: string, signal: AbortSignal): Promise<OnMachine | null>
  install(cache: Cache, version: string, o: EnsureOptions): Promise<Installation>
  ready?(cache: Cache, installation: Installation, o: EnsureOptions): Promise<void>
}

const asItIs = (found: Installation | null): OnMachine | null =>
  found && { version: found.version, from: found.from, use: async () => found }

const DISTRIBUTIONS: Readonly<Record<Software, Distribution>> = {
  kafka: {
    find: findKafka,
    machine: kafkaOnMachine,
    install: (cache, version, o) => installKafka(cache, version, o),
    ready: readyKafka,
  },
  nats: {
    find: findNats,
    machine: async (cache, wish, signal) => asItIs(await natsOnPath(cache.env, wish, signal)),
    install: (cache, version, o) => installNats(cache, version, o),
  },
  rabbitmq: {
    find: findRabbitmq,
    machine: async (cache, wish, signal) => asItIs(await rabbitmqOnPath(cache.env, wish, signal)),
    install: installRabbitmq,
  },
}

/** Real broker distributions for this machine. `cache` defaults to MQOPS_CACHE, else ~/.cache/mqops. */
export function createRuntimes(o: { readonly cache?: string; readonly env: NodeJS.ProcessEnv }): Runtimes {
  const home = o.env['HOME'] ?? homedir()
  const base = o.cache ?? o.env['MQOPS_CACHE'] ?? join(o.env['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'mqops')
  const cache: Cache = { root: join(base, 'runtimes'), env: { ...o.env, HOME: home } }
  const check = (wish: Wish) => {
    if (!isVersion(wish.version)) throw unknownVersion(wish.software, wish.version)
  }
  return {
    versions: pinned,
    report: (o) => report(cache, o?.whole ?? false),
    async installed(wish) {
      check(wish)
      const { signal } = new AbortController()
      const distribution = DISTRIBUTIONS[wish.software]
      const own = wish.allowPath ? await distribution.machine(cache, wish.version, signal) : null
      return await (own === null
        ? distribution.find(cache, wish.version, signal)
        : own.use({ signal, progress: () => {} }))
    },
    async ensure(wish, options) {
      check(wish)
      try {
        await makeFolders(cache.root)
        return await ensure(DISTRIBUTIONS[wish.software], cache, wish, options)
      } catch (error) {
        throw explained(cache, error, options.signal, null)
      }
    },
  }
}

async function ensure(d: Distribution, cache: Cache, wish: Wish, o: EnsureOptions): Promise<Installation> {
  const installation =
    (wish.allowPath ? await fromMachine(d, cache, wish, o) : null) ?? (await fromCache(d, cache, wish, o))
  await d.ready?.(cache, installation, o)
  return installation
}

async function fromCache(d: Distribution, cache: Cache, wish: Wish, o: EnsureOptions): Promise<Installation> {
  const found = await d.find(cache, wish.version, o.signal).catch(unlessDamaged)
  if (found === null) return await d.install(cache, wish.version, o)
  if (o.repair !== true) return found
  const whole = await wholeInstalled(cache, wish.software, found.version).catch(unlessDamaged)
  if (whole) return found
  await condemn(cache, wish.software, found.version)
  return await d.install(cache, found.version, o)
}

/** Why what is on PATH is not used, is said. */
async function fromMachine(d: Distribution, cache: Cache, wish: Wish, o: EnsureOptions): Promise<Installation | null> {
  const own = await d.machine(cache, wish.version, o.signal)
  if (own !== null) return await own.use(o)
  const other = await d.machine(cache, '', o.signal)
  const why = other === null ? `no ${wish.software} on PATH` : `${other.from} is version ${other.version}`
  o.progress({
    part: `${wish.software} ${wish.version}`,
    doneBytes: 0,
    totalBytes: null,
    note: `${why}: the pinned one is used`,
  })
  return null
}

/** Installed afresh then. */
const unlessDamaged = (error: unknown): null => {
  if (error instanceof RuntimeError && error.code === 'MQOPS_RUNTIME_BROKEN') return null
  throw error
}
