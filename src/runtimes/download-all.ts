import { type DownloadOptions, download, type Item } from './download.ts'
import type { InstallProgress } from './types.ts'

const SIDE_BY_SIDE = 6
const SAY_EVERY_BYTES = 256 * 1024

/** Downloads all of them, a few at a time, the largest first; the first failure stops the others. */
export async function downloadAll(
  items: readonly Item[],
  o: Omit<DownloadOptions, 'onBytes'> & { readonly part: string; progress(p: InstallProgress): void },
): Promise<void> {
  const totalBytes = items.every((i) => i.size !== null) ? items.reduce((sum, i) => sum + (i.size ?? 0), 0) : null
  let doneBytes = 0
  let said = 0 // it never falls: what follows a broken part is only said when it exceeds this
  const say = () => {
    said = doneBytes
    o.progress({ part: o.part, doneBytes: said, totalBytes })
  }
  const onBytes = (delta: number) => {
    doneBytes += delta
    if (doneBytes - said >= SAY_EVERY_BYTES) say()
  }
  const stop = new AbortController()
  const signal = AbortSignal.any([o.signal, stop.signal])
  const waiting = items.toSorted((a, b) => (a.size ?? 0) - (b.size ?? 0))
  const failures: unknown[] = []
  const worker = async () => {
    for (let item = waiting.pop(); item !== undefined && !signal.aborted; item = waiting.pop()) {
      try {
        await download(item, { folder: o.folder, tag: o.tag, signal, onBytes })
      } catch (error) {
        failures.push(error)
        stop.abort(error)
      }
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
  if (failures.length > 0) throw failures[0]
  o.signal.throwIfAborted()
  say()
}
