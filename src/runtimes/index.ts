import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Cache, explained } from './cache.ts'
import { RuntimeError } from './errors.ts'
import { findKafka, installKafka, readyKafka } from './kafka.ts'
import { findNats, installNats } from './nats.ts'
import { findRabbitmq, installRabbitmq } from './rabbitmq.ts'
import { report } from './report.ts'
import type { EnsureOptions, Installation, Runtimes, Software, Wish } from './types.ts'
import { isVersion, pinned, unknownVersion } from './versions.ts'

type Distribution = {
  find(cache: Cache, wish: Wish, signal: AbortSignal): Promise<Installation | null>
  install(cache: Cache, version: string, o: EnsureOptions, allowPath: boolean): Promise<Installation>
  ready?(cache: Cache, installation: Installation, o: EnsureOptions): Promise<void>
}

const DISTRIBUTIONS: Readonly<Record<Software, Distribution>> = {
  kafka: { find: findKafka, install: (cache, version, o) => installKafka(cache, version, o), ready: readyKafka },
  nats: { find: findNats, install: (cache, version, o) => installNats(cache, version, o) },
  rabbitmq: { find: findRabbitmq, install: installRabbitmq },
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
    report: () => report(cache),
    async installed(wish) {
      check(wish)
      return await DISTRIBUTIONS[wish.software].find(cache, wish, new AbortController().signal)
    },
    async ensure(wish, options) {
      check(wish)
      try {
        return await ensure(DISTRIBUTIONS[wish.software], cache, wish, options)
      } catch (error) {
        throw explained(cache, error, options.signal, null)
      }
    },
  }
}

async function ensure(d: Distribution, cache: Cache, wish: Wish, o: EnsureOptions): Promise<Installation> {
  const found = await d.find(cache, wish, o.signal).catch((error: unknown) => {
    if (error instanceof RuntimeError && error.code === 'MQOPS_RUNTIME_BROKEN') return null // installed afresh
    throw error
  })
  const installation = found ?? (await d.install(cache, wish.version, o, wish.allowPath))
  await d.ready?.(cache, installation, o)
  return installation
}
