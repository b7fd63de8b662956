import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { aborted, diskFull, errnoOf, isDiskFull, messageOf, RuntimeError } from './errors.ts'

/** One file that is known before it comes. `name` is for people and for errors. */
export type Item = {
  readonly name: string
  readonly url: string
  readonly sha256: string
  readonly size: number | null
  readonly headers?: Readonly<Record<string, string>>
}

export type DownloadOptions = {
  readonly folder: string // finished files are folder/<sha256>
  readonly tag: string // unfinished ones folder/<sha256>.<tag>.part: the caller holds a lock of that name
  readonly signal: AbortSignal
  readonly pauseMs?: number // before the second try; it doubles
  onBytes(delta: number): void // negative when a broken part is thrown away
}

const TRIES = 4
const FIRST_PAUSE_MS = 250
const STALL_MS = 30_000

export const blobPath = (folder: string, item: { readonly sha256: string }): string => join(folder, item.sha256)

/** Gives the path of the verified file; resumes what an earlier try left. */
export async function download(item: Item, o: DownloadOptions): Promise<string> {
  const path = blobPath(o.folder, item)
  if ((await sha256Of(path)) === item.sha256) {
    o.onBytes(item.size ?? (await stat(path)).size)
    return path
  }
  await mkdir(o.folder, { recursive: true })
  const part = `${path}.${o.tag}.part`
  for (let again = false; ; again = true) {
    const got = await retrying(item, part, o)
    if (got.sha256 === item.sha256) {
      await rename(part, path)
      return path
    }
    await rm(part, { force: true })
    o.onBytes(-got.bytes)
    if (again) throw altered(item, got)
  }
}

export const altered = (item: { name: string; sha256: string }, got: { sha256: string; bytes: number }): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_CHECKSUM',
    summary: `${item.name} is not the file that was pinned: expected sha256 ${item.sha256}, got ${got.sha256}`,
    detail: `${got.bytes} bytes were received, twice; both copies were deleted`,
    hint: 'Something between here and the source alters files: use another mirror, or ask who runs it',
  })

type Got = { readonly sha256: string; readonly bytes: number }

async function retrying(item: Item, part: string, o: DownloadOptions): Promise<Got> {
  let counted = 0 // bytes of this part that were reported through onBytes
  const count = (bytes: number) => {
    o.onBytes(bytes - counted)
    counted = bytes
  }
  for (let left = TRIES, pause = o.pauseMs ?? FIRST_PAUSE_MS; ; pause *= 2) {
    const before = counted
    try {
      return await attempt(item, part, o.signal, count)
    } catch (error) {
      if (o.signal.aborted) throw aborted(o.signal.reason)
      if (isDiskFull(error)) throw diskFull(o.folder, item.size === null ? null : item.size - counted, error)
      if (error instanceof RuntimeError && !error.retryable) throw error
      left = counted > before ? TRIES - 1 : left - 1 // a try that got further earns new tries
      if (left <= 0) throw error instanceof RuntimeError ? error : unreachable(item.name, item.url, error)
      await delay(pause, undefined, { signal: o.signal }).catch((e: unknown) => {
        throw aborted(e)
      })
    }
  }
}

async function attempt(item: Item, part: string, signal: AbortSignal, count: (n: number) => void): Promise<Got> {
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(new Error(`no bytes for ${STALL_MS / 1000} s`)), STALL_MS)
  const file = await open(part, 'a+')
  try {
    const have = (await file.stat()).size
    let { hash, bytes } = await resumeFrom(part, have)
    if (item.size !== null && bytes > item.size) {
      await file.truncate(0)
      ;({ hash, bytes } = { hash: createHash('sha256'), bytes: 0 })
    }
    count(bytes)
    if (item.size !== null && bytes === item.size) return { sha256: hash.digest('hex'), bytes }
    const response = await fetch(item.url, {
      headers: { ...item.headers, 'accept-encoding': 'identity', ...(bytes > 0 ? { range: `bytes=${bytes}-` } : {}) },
      signal: AbortSignal.any([signal, stalled.signal]),
    })
    if (response.status === 200 && bytes > 0) {
      await file.truncate(0) // this server knows no ranges
      ;({ hash, bytes } = { hash: createHash('sha256'), bytes: 0 })
      count(0)
    } else if (response.status === 416) {
      await response.body?.cancel()
      await file.truncate(0)
      count(0)
      throw new Error('the server has less than what was already received')
    } else if (response.status !== 200 && response.status !== 206) {
      await response.body?.cancel()
      throw refused(item, response.status)
    }
    for await (const chunk of response.body ?? []) {
      timer.refresh()
      await file.appendFile(chunk)
      hash.update(chunk)
      bytes += chunk.length
      count(bytes)
    }
    if (item.size !== null && bytes < item.size) throw new Error(`broke off after ${bytes} of ${item.size} bytes`)
    return { sha256: hash.digest('hex'), bytes }
  } finally {
    clearTimeout(timer)
    await file.close()
  }
}

async function resumeFrom(part: string, have: number): Promise<{ hash: Hash; bytes: number }> {
  const hash = createHash('sha256')
  if (have > 0) for await (const chunk of createReadStream(part, { end: have - 1 })) hash.update(chunk as Buffer)
  return { hash, bytes: have }
}

/** undefined: there is no such file. */
export async function sha256Of(path: string): Promise<string | undefined> {
  try {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
    return hash.digest('hex')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

const refused = (item: Item, status: number): RuntimeError =>
  new RuntimeError({
    code: 'MQOPS_RUNTIME_DOWNLOAD',
    summary: `${item.name}: ${new URL(item.url).host} answers ${status}`,
    detail: withoutLogin(item.url),
    hint:
      status === 401 || status === 403 || status === 407
        ? 'Give this machine’s client settings a login for that source, or name another mirror'
        : status === 404
          ? 'That mirror does not hold the file: name a complete one'
          : 'Run the same command again later: what was downloaded is kept',
    retryable: status >= 500 || status === 429 || status === 408,
  })

export const unreachable = (name: string, url: string, error: unknown): RuntimeError =>
  new RuntimeError(
    {
      code: 'MQOPS_RUNTIME_NO_NETWORK',
      summary: `${name} could not be fetched: ${new URL(url).host}: ${reasonOf(error)}`,
      detail: withoutLogin(url),
      hint: 'Connect to the network and run the same command again: what was downloaded is kept',
      retryable: true,
    },
    { cause: error },
  )

const reasonOf = (error: unknown): string =>
  errnoOf(error) ?? (error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error))

const withoutLogin = (url: string): string => {
  const u = new URL(url)
  u.username = u.password = ''
  return u.href
}
