import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, appendFile, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Build, bytesIn, install, installed, installedVersions } from '../../../src/runtimes/cache.ts'
import { isDiskFull } from '../../../src/runtimes/errors.ts'
import { createRuntimes } from '../../../src/runtimes/index.ts'
import { cacheIn, file, options, rejection, scratch } from './support/scratch.ts'

const build = (work: (folder: string) => Promise<void> = async () => {}): Build => ({
  thing: 'nats',
  version: '9.9.9',
  neededBytes: 10,
  build: async (folder) => {
    await file(join(folder, 'bin/nats-server'), 'hello')
    await work(folder)
    return { source: 'a test', key: ['bin/nats-server'] }
  },
})

test('an installation appears whole, with its manifest', async () => {
  const cache = cacheIn(scratch())
  const { folder, manifest } = await install(cache, build(), options())
  expect(folder).toBe(join(cache.root, 'nats/9.9.9'))
  expect(manifest).toMatchObject({
    thing: 'nats',
    version: '9.9.9',
    source: 'a test',
    bytes: 5,
    key: { 'bin/nats-server': 5 },
  })
  expect(await installed(cache, 'nats', '9.9.9')).toEqual({ folder, manifest })
  expect(await installedVersions(cache, 'nats')).toEqual(['9.9.9'])
})

test('what is installed is not built again', async () => {
  const cache = cacheIn(scratch())
  const first = await install(cache, build(), options())
  const second = await install(
    cache,
    build(() => Promise.reject(new Error('built again'))),
    options(),
  )
  expect(second).toEqual(first)
})

test('a build that fails leaves nothing behind', async () => {
  const cache = cacheIn(scratch())
  const error = await rejection(
    install(
      cache,
      build(() => Promise.reject(new Error('no'))),
      options(),
    ),
  )
  expect(error.message).toBe('no')
  expect(await readdir(join(cache.root, 'building'))).toEqual([])
  expect(await installed(cache, 'nats', '9.9.9')).toBeUndefined()
})

test('while it is built nobody sees it', async () => {
  const cache = cacheIn(scratch())
  await install(
    cache,
    build(async () => expect(await installed(cache, 'nats', '9.9.9')).toBeUndefined()),
    options(),
  )
})

test.each([
  ['a file is gone', (folder: string) => rm(join(folder, 'bin/nats-server')), 'is gone'],
  ['a file has another size', (folder: string) => writeFile(join(folder, 'bin/nats-server'), 'x'), 'another size'],
  ['its manifest is cut', (folder: string) => writeFile(join(folder, 'manifest.json'), '{"form'), 'manifest'],
])('damage is told, and mended by the next installation: %s', async (_, damage, told) => {
  const cache = cacheIn(scratch())
  const { folder } = await install(cache, build(), options())
  await damage(folder)
  const error = await rejection(installed(cache, 'nats', '9.9.9'))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_BROKEN', hint: 'mqops doctor --install nats@9.9.9' })
  expect(error.message).toContain(told)
  await install(cache, build(), options())
  expect(await readFile(join(folder, 'bin/nats-server'), 'utf8')).toBe('hello')
  expect(await readdir(join(cache.root, 'building'))).toEqual([])
})

test('what a killed process left is swept away, what belongs to others is not', async () => {
  const cache = cacheIn(scratch())
  await mkdir(join(cache.root, 'building/nats-9.9.9~dead/bin'), { recursive: true })
  await mkdir(join(cache.root, 'building/kafka-1.0.0~alive'), { recursive: true })
  await install(cache, build(), options())
  expect(await readdir(join(cache.root, 'building'))).toEqual(['kafka-1.0.0~alive'])
})

test('several at once in one process build it once', async () => {
  const cache = cacheIn(scratch())
  let builds = 0
  const count = build(async () => {
    builds += 1
  })
  await Promise.all([1, 2, 3].map(() => install(cache, count, options())))
  expect(builds).toBe(1)
})

test('several processes at once build it once: the others wait', async () => {
  const cache = cacheIn(scratch())
  const log = join(cache.root, '..', 'log')
  const script = `
    import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
    import { install } from ${JSON.stringify(new URL('../../../src/runtimes/cache.ts', import.meta.url).href)}
    const log = ${JSON.stringify(log)}
    const build = async (folder) => {
      appendFileSync(log, 'built ')
      writeFileSync(folder + '/a', 'a')
      while (readFileSync(log, 'utf8').split('waits').length < 3) await new Promise((r) => setTimeout(r, 10))
      return { source: 's', key: ['a'] }
    }
    const o = { signal: new AbortController().signal, progress: (p) => appendFileSync(log, 'waits ') }
    await install(${JSON.stringify(cache)}, { thing: 'nats', version: '1.0.0', neededBytes: 1, build }, o)`
  const children = [1, 2, 3].map(() =>
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }),
  )
  onTestFinished(() => children.forEach((child) => child.kill('SIGKILL')))
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
  expect(codes).toEqual([0, 0, 0])
  // In any order: who waits may say so before the first one has begun to build.
  expect((await readFile(log, 'utf8')).trim().split(' ').sort()).toEqual(['built', 'waits', 'waits'])
})

test('too little space is told before the work, with the folder and what is needed', async () => {
  const cache = cacheIn(scratch())
  let built = false
  const work = { ...build(async () => void (built = true)), neededBytes: 2 ** 50 }
  const error = await rejection(install(cache, work, options()))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_DISK_FULL', retryable: true })
  expect(error.message).toContain(cache.root)
  expect(error.message).toContain('1,073,741,824 MiB')
  expect(error['hint']).toContain('MQOPS_CACHE')
  expect(built).toBe(false)
})

test.skipIf(process.platform !== 'linux')(
  'space that ends during the work: told, and nothing half-made stays',
  async () => {
    const cache = cacheIn(scratch())
    const error = await rejection(
      install(
        cache,
        build(() => appendFile('/dev/full', 'x')),
        options(),
      ),
    )
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_DISK_FULL' })
    expect(error.message).toContain(cache.root)
    expect(await readdir(join(cache.root, 'building'))).toEqual([])
  },
)

test('a cache that is no folder is told', async () => {
  const folder = scratch()
  await file(join(folder, 'runtimes'), 'a file')
  const error = await rejection(install(cacheIn(folder), build(), options()))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_CACHE' })
  expect(error['hint']).toContain('MQOPS_CACHE')
})

test('bytes: linked twice counts once, the manifest not at all', async () => {
  const folder = scratch()
  await file(join(folder, 'a/one'), 'x'.repeat(100))
  await link(join(folder, 'a/one'), join(folder, 'two'))
  await file(join(folder, 'manifest.json'), 'x'.repeat(1000))
  expect(await bytesIn(folder)).toBe(100)
})

test('the downloads of a finished installation go', async () => {
  const cache = cacheIn(scratch())
  const kept = join(cache.root, 'downloads/nats-9.9.9/x')
  await file(kept, 'x')
  await rejection(
    install(
      cache,
      build(() => Promise.reject(new Error('no'))),
      options(),
    ),
  )
  await access(kept)
  await install(cache, build(), options())
  await expect(access(kept)).rejects.toThrow('ENOENT')
})

test.each(['/proc/nothere', '/dev/null/below'])('a cache in %s: told at once', async (base) => {
  const runtimes = createRuntimes({ cache: base, env: { PATH: '', HOME: scratch() } })
  const error = await rejection(runtimes.ensure({ software: 'nats', version: '2.15', allowPath: false }, options()))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_CACHE', hint: expect.stringContaining('MQOPS_CACHE') })
})

test('SQLite’s word for a full disk is one', () => {
  expect(isDiskFull(Object.assign(new Error('database or disk is full'), { errcode: 13 }))).toBe(true)
})
