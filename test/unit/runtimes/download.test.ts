import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { download, type Item } from '../../../src/runtimes/download.ts'
import { bytes, repository, sha256 } from './support/repository.ts'
import { rejection, scratch } from './support/scratch.ts'

const CONTENT = bytes(200_000)
const PATH = '/org/example/a-1.jar'

async function setUp(content = CONTENT) {
  const server = await repository({ [PATH]: content })
  const folder = join(scratch(), 'blobs')
  let counted = 0
  const item: Item = { name: 'a-1.jar', url: server.url + PATH, sha256: sha256(CONTENT), size: CONTENT.length }
  const get = (o: Partial<Item> = {}) =>
    download(
      { ...item, ...o },
      {
        folder,
        tag: 'thing-1',
        signal: new AbortController().signal,
        pauseMs: 1,
        onBytes: (delta) => {
          counted += delta
        },
      },
    )
  const part = join(folder, `${item.sha256}.thing-1.part`)
  return { server, folder, item, get, part, counted: () => counted }
}

test('a download is kept under its sha256 and all its bytes are counted', async () => {
  const { get, item, folder, counted } = await setUp()
  expect(await get()).toBe(join(folder, item.sha256))
  expect(await readFile(join(folder, item.sha256))).toEqual(CONTENT)
  expect(counted()).toBe(CONTENT.length)
  expect(await readdir(folder)).toEqual([item.sha256])
})

test('what is there already is not fetched again', async () => {
  const { get, server, counted } = await setUp()
  await get()
  await get()
  expect(server.asked).toHaveLength(1)
  expect(counted()).toBe(2 * CONTENT.length)
})

test('what was altered on disk is fetched again', async () => {
  const { get, server, item, folder } = await setUp()
  await get()
  await writeFile(join(folder, item.sha256), 'altered')
  await get()
  expect(server.asked).toHaveLength(2)
  expect(await readFile(join(folder, item.sha256))).toEqual(CONTENT)
})

describe('a download that breaks off', () => {
  test('goes on where it broke off', async () => {
    const { get, server, counted } = await setUp()
    server.fail(PATH, { breakAfter: 120_000 })
    await get()
    expect(server.asked).toHaveLength(2)
    const from = Number(/bytes=(\d+)-/.exec(server.asked[1]?.range ?? '')?.[1])
    expect(from).toBeGreaterThan(0)
    expect(from).toBeLessThanOrEqual(120_000)
    expect(counted()).toBe(CONTENT.length)
  })

  test('starts again where the server knows no ranges', async () => {
    const { get, server, item, folder, counted } = await setUp()
    server.fail(PATH, { breakAfter: 120_000 }, { ignoreRange: true })
    await get()
    expect(server.asked).toHaveLength(2)
    expect(await readFile(join(folder, item.sha256))).toEqual(CONTENT)
    expect(counted()).toBe(CONTENT.length)
  })

  test('again and again, but further each time, still arrives', async () => {
    const { get, server } = await setUp()
    server.fail(PATH, ...Array.from({ length: 10 }, () => ({ breakAfter: 15_000 })))
    await get()
    expect(server.asked).toHaveLength(11)
  })

  test('for good leaves its bytes for the next process', async () => {
    const { get, server, part } = await setUp()
    server.fail(PATH, { breakAfter: 70_000 }, ...Array.from({ length: 3 }, () => ({ status: 503 })))
    const error = await rejection(get())
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_DOWNLOAD', retryable: true })
    const { size } = await stat(part)
    expect(size).toBeGreaterThan(0)
    await get()
    expect(server.asked.at(-1)?.range).toBe(`bytes=${size}-`)
  })

  test('and left more than there should be is started afresh', async () => {
    const { get, server, item, folder, part } = await setUp()
    await get() // makes the folder
    await writeFile(join(folder, item.sha256), '')
    await writeFile(part, Buffer.alloc(CONTENT.length + 1))
    await get()
    expect(server.asked.map((a) => a.range)).toEqual([undefined, undefined])
    expect(await readFile(join(folder, item.sha256))).toEqual(CONTENT)
  })
})

describe('an altered download', () => {
  test('is deleted and fetched once more', async () => {
    const { get, server, item, folder, counted } = await setUp()
    server.fail(PATH, { alter: true })
    await get()
    expect(server.asked.map((a) => a.range)).toEqual([undefined, undefined])
    expect(await readFile(join(folder, item.sha256))).toEqual(CONTENT)
    expect(counted()).toBe(CONTENT.length)
  })

  test('twice is an error that names the file, what was expected and what came', async () => {
    const altered = Buffer.from(CONTENT)
    altered[0] = 255
    const { get, server, item, folder } = await setUp(altered)
    const error = await rejection(get())
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_CHECKSUM', retryable: false })
    expect(error.message).toContain('a-1.jar')
    expect(error.message).toContain(item.sha256)
    expect(error.message).toContain(sha256(altered))
    expect(server.asked).toHaveLength(2)
    expect(await readdir(folder)).toEqual([])
  })

  test('is found without a known size too', async () => {
    const { get, server } = await setUp()
    server.fail(PATH, { alter: true }, { alter: true })
    expect(await rejection(get({ size: null }))).toMatchObject({ code: 'MQOPS_RUNTIME_CHECKSUM' })
  })
})

describe('a server that refuses', () => {
  test('with 404 is not asked again', async () => {
    const { get, server } = await setUp()
    const error = await rejection(get({ url: `${server.url}/missing.jar` }))
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_DOWNLOAD', retryable: false })
    expect(error.message).toContain('404')
    expect(server.asked).toHaveLength(1)
  })

  test('for a moment is asked again', async () => {
    const { get, server } = await setUp()
    server.fail(PATH, { status: 503 }, { status: 429 })
    await get()
    expect(server.asked).toHaveLength(3)
  })

  test('gets the login of the client settings, which no error repeats', async () => {
    const { get, server } = await setUp()
    server.fail(PATH, { status: 401 })
    const error = await rejection(get({ headers: { authorization: 'Basic c2VjcmV0' } }))
    expect(server.asked[0]?.authorization).toBe('Basic c2VjcmV0')
    expect(`${JSON.stringify(error)} ${error.message}`).not.toContain('c2VjcmV0')
  })
})

test('no server at all: the error names the host and says that nothing is lost', async () => {
  const { get, server } = await setUp()
  await server.close()
  const error = await rejection(get())
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_NO_NETWORK', retryable: true })
  expect(error.message).toContain(new URL(server.url).host)
  expect(error.message).toContain('ECONNREFUSED')
  expect(error['hint']).toContain('kept')
})

test('an abort ends it at once and keeps what came', async () => {
  const { server, item, folder } = await setUp()
  const stop = new AbortController()
  server.fail(PATH, { breakAfter: 50_000 }, { breakAfter: 50_000 })
  const onBytes = () => stop.abort()
  const error = await rejection(download(item, { folder, tag: 't', signal: stop.signal, onBytes }))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_ABORTED' })
  expect(server.asked.length).toBeLessThanOrEqual(1)
})

test.skipIf(process.platform !== 'linux')('a full disk: the error names the folder and what is missing', async () => {
  const { get, item, folder, part } = await setUp()
  await get()
  await writeFile(join(folder, item.sha256), '')
  await symlink('/dev/full', part) // the kernel's own ENOSPC
  const error = await rejection(get())
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_DISK_FULL', retryable: true })
  expect(error.message).toContain(folder)
  expect(error.message).toContain('1 MiB')
})
