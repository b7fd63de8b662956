import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { Context } from '../../ports/context.ts'
import { isMissing } from './disk.ts'

const BLOCK_BYTES = 64 * 1024
const MOST_TAIL_BYTES = 16 * 1024 ** 2
const POLL_MS = 200

/** The last lines of several files taken as one, newest file last; `from`: bytes of each to leave out at its beginning. */
export async function lastLines(files: readonly string[], lines: number, from: number): Promise<readonly string[]> {
  let kept: readonly string[] = []
  for (const file of [...files].reverse()) {
    if (kept.length >= lines) break
    kept = [...(await tailOf(file, lines - kept.length, from)), ...kept]
  }
  return kept
}

async function tailOf(file: string, lines: number, from: number): Promise<readonly string[]> {
  const handle = await openIfThere(file)
  if (!handle) return []
  try {
    let position = (await handle.stat()).size
    const blocks: Buffer[] = []
    let breaks = 0
    let read = 0
    // One line break more than lines: the last line may end with one.
    while (position > from && breaks <= lines && read < MOST_TAIL_BYTES) {
      const length = Math.min(BLOCK_BYTES, position - from)
      position -= length
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
      const block = buffer.subarray(0, bytesRead)
      read += length
      blocks.unshift(block)
      for (const byte of block) if (byte === 10) breaks++
    }
    const text = Buffer.concat(blocks).toString('utf8')
    const all = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
    return text === '' || lines === 0 ? [] : all.slice(-lines)
  } finally {
    await handle.close()
  }
}

/** The last lines, then, with `follow`, what comes until the signal fires: also of files that are made or rotated meanwhile. */
export async function* tail(
  files: readonly string[],
  o: { readonly lines: number; readonly follow: boolean },
  ctx: Context,
): AsyncIterable<string> {
  // Where each file ends is noted before its end is read: what comes in between is shown twice at worst, never lost.
  const followers = o.follow ? await Promise.all(files.map(createFollower)) : []
  try {
    yield* await lastLines(files, o.lines, 0)
    while (o.follow && !ctx.signal.aborted) {
      for (const follower of followers) yield* await follower.more()
      await ctx.sleep(POLL_MS).catch(() => undefined)
    }
  } finally {
    await Promise.all(followers.map((follower) => follower.close()))
  }
}

type Follower = { more(): Promise<readonly string[]>; close(): Promise<void> }

async function createFollower(file: string): Promise<Follower> {
  let handle = await openIfThere(file)
  let position = handle ? (await handle.stat()).size : 0
  let rest = ''
  const decoder = () => new TextDecoder()
  let decode = decoder()

  const readOn = async (): Promise<string> => {
    if (!handle) return ''
    const { size } = await handle.stat()
    if (size < position) position = 0 // emptied in place, as copytruncate does
    let text = ''
    while (position < size) {
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(Math.min(BLOCK_BYTES, size - position)),
        0,
        undefined,
        position,
      )
      if (bytesRead === 0) break
      position += bytesRead
      text += decode.decode(buffer.subarray(0, bytesRead), { stream: true })
    }
    return text
  }

  return {
    async more() {
      let text = await readOn()
      if (await isOther(handle, file)) {
        // Rotated: what was written to the old file until now comes first.
        text += await readOn()
        await handle?.close()
        handle = await openIfThere(file)
        position = 0
        decode = decoder()
        if (rest + text !== '' && !(rest + text).endsWith('\n')) text += '\n'
        text += await readOn()
      }
      const lines = (rest + text).split('\n')
      rest = lines.pop() as string
      return lines
    },
    close: async () => handle?.close(),
  }
}

/** Does the path lead to another file than the open one? A path that leads nowhere just now does not. */
async function isOther(handle: FileHandle | null, file: string): Promise<boolean> {
  const now = await stat(file).catch(() => null)
  if (!now) return false
  return handle === null || (await handle.stat()).ino !== now.ino
}

async function openIfThere(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}
