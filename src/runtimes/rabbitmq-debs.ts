import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Apt, closure, type Deb, debs, downloadByApt } from './apt.ts'
import { type Built, type Cache, downloadFolder } from './cache.ts'
import { altered, blobPath, sha256Of } from './download.ts'
import { downloadAll } from './download-all.ts'
import { RuntimeError } from './errors.ts'
import { lastLine, run } from './process.ts'
import { makePrefix, versionOf } from './rabbitmq-prefix.ts'
import type { EnsureOptions } from './types.ts'
import { RABBITMQ } from './versions.ts'

export type PrefixWork = { readonly cache: Cache; readonly apt: Apt; readonly version: string; readonly folder: string }

/** What a private RabbitMQ needs: Erlang and the C libraries under it; not what an init system wants. */
const NEEDED = /^(erlang-|lib(?!c-gconv)|zlib1g)/

/** Fills `folder` with a RabbitMQ that runs from wherever it stands. */
export async function buildPrefix(w: PrefixWork, o: EnsureOptions): Promise<Built> {
  const packages = await debs(w.apt, await closure(w.apt, 'rabbitmq-server', NEEDED))
  const files = await fetchDebs(w, packages, o)
  o.progress({ part: `rabbitmq ${w.version}`, doneBytes: 0, totalBytes: null, note: 'unpacking' })
  await mkdir(join(w.folder, 'sys'))
  for (const [deb, file] of files) {
    // libraries stay apart: the system's own programs must never see them
    const into = /^(erlang-|rabbitmq-)/.test(deb.package) ? w.folder : join(w.folder, 'sys')
    const unpacked = await run('dpkg-deb', ['-x', file, into], {
      env: w.cache.env,
      signal: o.signal,
      diskPath: w.folder,
    })
    if (unpacked.code !== 0) throw broken(`${deb.name} can't be unpacked: ${lastLine(unpacked.stderr)}`)
  }
  const { key, paths } = await makePrefix(w.folder, w.version)
  const said = await versionOf(w.folder, paths['RABBITMQ_HOME'] ?? '', o.signal)
  if (said !== w.version)
    throw broken(`the RabbitMQ that was fetched says ${said || 'nothing'} where ${w.version} was expected`)
  return {
    source: `Debian ${w.apt.suite} packages`,
    key,
    paths,
    packages: packages.map(({ package: name, version, sha256 }) => ({ name, version, sha256 })),
    notes: differences({ version: w.version, suite: w.apt.suite }, packages),
  }
}

async function fetchDebs(w: PrefixWork, packages: readonly Deb[], o: EnsureOptions): Promise<readonly [Deb, string][]> {
  const tag = `rabbitmq-${w.version}`
  const folder = downloadFolder(w.cache, tag)
  const part = `rabbitmq ${w.version} packages`
  try {
    if (!packages.every((p) => /^https?:/.test(p.url))) throw new RuntimeError(NOT_HTTP)
    await downloadAll(packages, { folder, tag, part, signal: o.signal, progress: o.progress })
    return packages.map((p) => [p, blobPath(folder, p)])
  } catch (error) {
    const code = error instanceof RuntimeError ? error.code : ''
    if (code !== 'MQOPS_RUNTIME_NO_NETWORK' && code !== 'MQOPS_RUNTIME_DOWNLOAD') throw error
    o.progress({ part, doneBytes: 0, totalBytes: null, note: 'fetched by apt itself' })
    const fetched = await downloadByApt(
      w.apt,
      packages.map((p) => p.package),
      join(w.apt.folder, 'debs'),
    )
    const bySum = new Map(await Promise.all(fetched.map(async (f) => [await sha256Of(f), f] as const)))
    return packages.map((p) => {
      const file = bySum.get(p.sha256)
      if (file === undefined) throw altered(p, { sha256: 'another file', bytes: 0 })
      return [p, file]
    })
  }
}

const NOT_HTTP = { code: 'MQOPS_RUNTIME_DOWNLOAD', summary: 'the mirror is not one of HTTP', hint: '' } as const

/** The suite's signature vouches for packages that differ from those tried when this mqops was made: say which. */
export function differences(w: { version: string; suite: string }, packages: readonly Deb[]): readonly string[] {
  const lock = RABBITMQ.find((l) => l.version === w.version && l.suite === w.suite)
  if (lock === undefined) return [`Debian ${w.suite} has moved on to ${w.version}: its own signature vouches for it`]
  const pins: Readonly<Record<string, string | undefined>> = lock.sha256
  const moved = packages.filter((p) => pins[p.package] !== p.sha256).map((p) => p.name)
  if (moved.length === 0) return []
  const which = moved.join(', ')
  return [`Debian ${w.suite} has other packages than those pinned, its own signature vouches for them: ${which}`]
}

const broken = (summary: string): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_BROKEN',
    summary,
    hint: 'Use a rabbitmq-server of your own: put it on PATH and allow it: target: { local: { software: path } }',
  })
