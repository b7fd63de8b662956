import { join } from 'node:path'
import type { Cache } from './cache.ts'
import { RuntimeError } from './errors.ts'
import { lastLine, onPath, run } from './process.ts'
import type { EnsureOptions } from './types.ts'

export type GoModule = { readonly module: string; readonly version: string; readonly sum: string | undefined }

/** Builds a command of a Go module into `bin`; gives its path. The module's checksum must be the pinned one. */
export async function goInstall(cache: Cache, m: GoModule, bin: string, o: EnsureOptions): Promise<string> {
  const at = `${m.module}@v${m.version}`
  if (onPath('go', cache.env) === undefined) throw noGo(at, 'this machine has no Go')
  o.progress({ part: at, doneBytes: 0, totalBytes: null, note: 'go install, which takes about a minute' })
  const env = { ...cache.env, GOBIN: bin, CGO_ENABLED: '0', GOOS: undefined, GOARCH: undefined }
  const built = await run('go', ['install', '-trimpath', at], { env, signal: o.signal, diskPath: bin, cwd: cache.root })
  if (built.code !== 0) throw failed(at, built.stderr)
  const binary = join(
    bin,
    m.module
      .replace(/\/v\d+$/, '')
      .split('/')
      .at(-1) ?? '',
  )
  const read = await run('go', ['version', '-m', binary], { env, signal: o.signal })
  const sum = new RegExp(`^\\s*mod\\s+${m.module}\\s+v${m.version}\\s+(h1:\\S+)`, 'm').exec(read.stdout)?.[1]
  if (m.sum !== undefined && sum !== m.sum) {
    throw new RuntimeError({
      code: 'MQOPS_RUNTIME_CHECKSUM',
      summary: `${at} is not the module that was pinned: expected ${m.sum}, got ${sum ?? 'none'}`,
      hint: 'Something between here and the Go module proxy alters modules: check go env GOPROXY GOSUMDB',
    })
  }
  return binary
}

const UNREACHED = /dial tcp|no such host|i\/o timeout|connection refused|network is unreachable|module lookup disabled/

const failed = (at: string, stderr: string): RuntimeError =>
  UNREACHED.test(stderr)
    ? new RuntimeError({
        code: 'MQOPS_RUNTIME_NO_NETWORK',
        summary: `go did not reach its module proxy for ${at}`,
        hint: 'Connect to the network (or name a proxy: go env -w GOPROXY=<URL>), then run the same command again',
        retryable: true,
      })
    : noGo(at, lastLine(stderr))

const noGo = (at: string, why: string): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_NO_SOURCE',
    summary: `${at} can’t be built here: ${why}`,
    hint: 'Install Go, then run the same command again',
  })
