import { describe, expect, test } from 'vitest'
import { diskFull, type RuntimeCode, RuntimeError } from '../../../src/runtimes/errors.ts'
import { firstThatWorks, type Source } from '../../../src/runtimes/sources.ts'
import { toFailure } from '../../../src/model/failure.ts'
import { options, rejection } from './support/scratch.ts'

const failing = (
  name: string,
  code: RuntimeCode,
  more: { mirror?: string; retryable?: boolean } = {},
): Source<string> => ({
  name,
  ...(more.mirror === undefined ? {} : { mirror: more.mirror }),
  get: () =>
    Promise.reject(
      new RuntimeError({
        code,
        summary: `${name} said no`,
        hint: `hint of ${name}`,
        retryable: more.retryable ?? false,
      }),
    ),
})
const working: Source<string> = { name: 'good', get: async () => 'it' }
const first = (...sources: Source<string>[]) => firstThatWorks('nats', '1.2.3', sources, options())

test('the first that works, and why those before it did not', async () => {
  const o = options()
  expect(
    await firstThatWorks(
      'nats',
      '1.2.3',
      [failing('bad', 'MQOPS_RUNTIME_NO_SOURCE'), working, failing('never', 'MQOPS_RUNTIME_DOWNLOAD')],
      o,
    ),
  ).toBe('it')
  expect(o.said.map((p) => p.note)).toEqual(['bad did not work (bad said no)'])
})

test.each(['MQOPS_RUNTIME_ABORTED', 'MQOPS_RUNTIME_CACHE'] as const)(
  '%s ends it: no other source would do better',
  async (code) => {
    expect(await rejection(first(failing('bad', code), working))).toMatchObject({ code })
  },
)

test('so does a full disk', async () => {
  const full: Source<string> = { name: 'x', get: () => Promise.reject(diskFull('/c', 5e6)) }
  expect(await rejection(first(full, working))).toMatchObject({ code: 'MQOPS_RUNTIME_DISK_FULL' })
})

test('a defect of ours is not taken for a source that fails', async () => {
  const bug: Source<string> = { name: 'x', get: () => Promise.reject(new TypeError('bug')) }
  expect(await rejection(first(bug, working))).toBeInstanceOf(TypeError)
})

describe('when none works', () => {
  test('one source: its own error', async () => {
    expect(await rejection(first(failing('a', 'MQOPS_RUNTIME_DOWNLOAD')))).toMatchObject({
      code: 'MQOPS_RUNTIME_DOWNLOAD',
      message: 'a said no',
      hint: 'hint of a',
    })
  })

  test('several: the one that says most leads, all are in the detail', async () => {
    const error = await rejection(
      first(
        failing('a', 'MQOPS_RUNTIME_NO_SOURCE'),
        failing('b', 'MQOPS_RUNTIME_NO_NETWORK', { retryable: true }),
        failing('c', 'MQOPS_RUNTIME_CHECKSUM'),
      ),
    )
    expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_CHECKSUM', hint: 'hint of c', retryable: true })
    expect(error.message).toBe('nats 1.2.3 could not be had from any source: c said no')
    expect((error['failure'] as { detail: string }).detail).toBe('a: a said no\nb: b said no\nc: c said no')
  })

  test('no network: the mirror that could be named instead', async () => {
    const error = await rejection(first(failing('a', 'MQOPS_RUNTIME_NO_NETWORK', { mirror: 'export M=<URL>' })))
    expect(error['hint']).toBe(
      'Connect to the network (or name a mirror that this machine reaches: export M=<URL>) and run the same command again: what was downloaded is kept',
    )
  })

  test('the last reason is the error’s, not a note', async () => {
    const o = options()
    const two = [failing('a', 'MQOPS_RUNTIME_DOWNLOAD'), failing('b', 'MQOPS_RUNTIME_DOWNLOAD')]
    await rejection(firstThatWorks('nats', '1.2.3', two, o))
    expect(o.said.map((p) => p.note)).toEqual(['a did not work (a said no)'])
  })

  test('no source at all', async () => {
    expect(await rejection(first())).toMatchObject({ code: 'MQOPS_RUNTIME_NO_SOURCE' })
  })
})

test('the error is the house’s own: code, hint and retryable reach whoever prints it', async () => {
  const error = await rejection(first(failing('a', 'MQOPS_RUNTIME_DOWNLOAD', { retryable: true })))
  expect(toFailure(error)).toEqual({
    code: 'MQOPS_RUNTIME_DOWNLOAD',
    summary: 'a said no',
    hint: 'hint of a',
    retryable: true,
  })
})
