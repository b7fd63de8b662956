import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw, inflateRawSync } from 'node:zlib'

/** Enough of PKWARE's APPNOTE 6.3 for jars and wheels: stored and deflated entries, below 4 GiB, not encrypted. */
export type Entry = {
  readonly name: string
  readonly method: number
  readonly packed: number
  readonly offset: number // of the local header
  readonly mode: number // Unix permissions; 0: none recorded
}

const END = 0x06054b50
const CENTRAL = 0x02014b50
const END_MAX = 22 + 0xffff

async function entriesOf(file: FileHandle): Promise<Entry[]> {
  const { size } = await file.stat()
  const tail = await read(file, Math.max(0, size - END_MAX), Math.min(size, END_MAX))
  let at = tail.length - 22
  while (at >= 0 && tail.readUInt32LE(at) !== END) at--
  if (at < 0) throw new Error('not a zip file')
  const directory = await read(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12))
  const entries: Entry[] = []
  for (let p = 0; p + 46 <= directory.length && directory.readUInt32LE(p) === CENTRAL; ) {
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => directory.readUInt16LE(p + o)) as [
      number,
      number,
      number,
    ]
    entries.push({
      name: directory.toString('utf8', p + 46, p + 46 + nameLength),
      method: directory.readUInt16LE(p + 10),
      packed: directory.readUInt32LE(p + 20),
      offset: directory.readUInt32LE(p + 42),
      mode: (directory.readUInt32LE(p + 38) >>> 16) & 0o777,
    })
    p += 46 + nameLength + extra + comment
  }
  return entries
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  if (bytesRead < length) throw new Error('the zip file breaks off')
  return buffer
}

const dataOffset = async (file: FileHandle, entry: Entry): Promise<number> => {
  const header = await read(file, entry.offset, 30)
  return entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
}

async function withZip<T>(path: string, work: (file: FileHandle, entries: Entry[]) => Promise<T>): Promise<T> {
  const file = await open(path)
  try {
    return await work(file, await entriesOf(file))
  } finally {
    await file.close()
  }
}

export const listZip = (path: string): Promise<string[]> => withZip(path, async (_, all) => all.map((e) => e.name))

/** undefined: no entry of that name. */
export const readFromZip = (path: string, name: string): Promise<Buffer | undefined> =>
  withZip(path, async (file, all) => {
    const entry = all.find((e) => e.name === name)
    if (entry === undefined) return undefined
    const data = await read(file, await dataOffset(file, entry), entry.packed)
    return entry.method === 0 ? data : inflateRawSync(data)
  })

/** Writes the entries for which `target` gives a path relative to `folder`; gives those paths. */
export const extractZip = (path: string, folder: string, target: (name: string) => string | undefined) =>
  withZip(path, async (file, all) => {
    const written: string[] = []
    for (const entry of all) {
      const to = entry.name.endsWith('/') ? undefined : target(entry.name)
      if (to === undefined) continue
      if (normalize(to).startsWith('..') || to.startsWith('/')) throw new Error(`the zip names a path outside: ${to}`)
      const out = join(folder, to)
      await mkdir(dirname(out), { recursive: true })
      const start = await dataOffset(file, entry)
      if (entry.packed === 0) await (await open(out, 'w')).close()
      else {
        const packed = createReadStream(path, { start, end: start + entry.packed - 1 })
        const sink = createWriteStream(out)
        await (entry.method === 0 ? pipeline(packed, sink) : pipeline(packed, createInflateRaw(), sink))
      }
      if (entry.mode !== 0) await chmod(out, entry.mode)
      written.push(to)
    }
    return written
  })
