import { expect, it } from 'vitest'
import type { NodeSpec } from '../../src/model/member.ts'
import { printText } from '../../src/model/secret.ts'
import { coded, noFormat } from './target-deployed.ts'
import { targetSuite } from './target-suite.ts'

type Files = NodeSpec['files']
const APP = { secretRef: { env: 'APP' } }
const KEY = { secretRef: { generated: 'tls/nats-1.key' } }
const CERTIFICATE = { secretRef: { generated: 'tls/nats-1.crt' } }
/** The member with these files besides its own. */
const withFiles = (node: NodeSpec, files: Files): readonly NodeSpec[] => [
  { ...node, files: { ...node.files, ...files } },
]
const textsOf = (node: NodeSpec | undefined) =>
  Object.fromEntries(Object.entries(node?.files ?? {}).map(([name, file]) => [name, printText(file.text)]))

targetSuite('states of a member', (open) => {
  it('before it is built: nothing to stop, nothing to read, nobody to ask', async () => {
    const { target, ctx, built, state } = await open()
    const [node] = await built()
    await target.stop([node], ctx)
    expect(await Array.fromAsync(target.logs(node, { lines: 9, follow: false }, ctx))).toEqual([])
    expect(await state()).toEqual({ role: 'server', slot: 1, files: {}, running: null, staleSecrets: [], version: '' })
    for (const act of [() => target.signal(node.member, 'SIGHUP', ctx), () => target.acknowledge(node, ctx)])
      await expect(act()).rejects.toEqual(coded('MQOPS_UNREACHABLE'))
  })

  it('written and never started: no problem, and no version yet', async () => {
    const { target, ctx, built, state } = await open()
    const [node] = await built()
    await target.converge([node], 'reload', noFormat, ctx)
    expect(await state()).toStrictEqual({
      role: 'server',
      slot: 1,
      files: textsOf(node),
      running: null,
      staleSecrets: [],
      version: '',
    })
    expect(await target.size(ctx)).toBe(0)
  })

  it('restarted while it does not run: it is started', async () => {
    const { target, ctx, built, state } = await open()
    const [node] = await built()
    await target.converge([node], 'restart', noFormat, ctx)
    expect((await state()).running?.files).toEqual(textsOf(node))
  })

  it('its file of the first start: nothing has to take up another text, or another secret', async () => {
    const { target, ctx, built, state } = await open()
    const [node] = await built()
    const first = withFiles(node, { 'seed.conf': { text: ['1', CERTIFICATE], apply: 'first-start' } })
    await target.converge(first, 'start', noFormat, ctx)
    await target.renew(['nats-1'], ctx)
    expect((await state()).staleSecrets).not.toContain('seed.conf')
    const second = withFiles(node, { 'seed.conf': { text: ['2', CERTIFICATE], apply: 'first-start' } })
    await target.converge(second, 'reload', noFormat, ctx)
    const { files, running } = await state()
    expect(files['seed.conf']).toBe(textsOf(second[0])['seed.conf'])
    expect(running?.files['seed.conf']).toBe(files['seed.conf'])
  })

  it('a file that is rendered no more is on its disk no more; what runs knows it still', async () => {
    const { target, ctx, built, state } = await open()
    const [node] = await built()
    const more: Files = {
      'seed.conf': { text: ['seed'], apply: 'first-start' },
      'more.conf': { text: ['more'], apply: 'restart' },
    }
    await target.converge(withFiles(node, more), 'start', noFormat, ctx)
    await target.converge([node], 'reload', noFormat, ctx)
    const { files, running } = await state()
    expect(files).toEqual(textsOf(node))
    expect(Object.keys(running?.files ?? {}).toSorted()).toEqual(
      [...Object.keys(files), ...Object.keys(more)].toSorted(),
    )
    await target.converge([node], 'restart', noFormat, ctx)
    expect((await state()).running?.files).toEqual(textsOf(node))
  })

  it('its secrets: only those count as stale that can be resolved here', async () => {
    const { target, ctx, secrets, built, state } = await open()
    const [node] = await built()
    const nodes = withFiles(node, { 'app.conf': { text: [KEY, '\n', APP], apply: 'reload' } })
    await expect(target.converge(nodes, 'start', noFormat, ctx)).rejects.toEqual(coded('MQOPS_SECRET_MISSING'))
    expect((await state()).running).toBe(null)
    const seen = async () => {
      const { files, running, staleSecrets } = await state()
      return [staleSecrets, running?.files['app.conf'] === files['app.conf']]
    }
    secrets.set('env:APP', 'one')
    await target.converge(nodes, 'start', noFormat, ctx)
    expect(await seen()).toEqual([[], true])
    secrets.set('env:APP', 'two')
    expect(await seen()).toEqual([['app.conf'], false])
    secrets.delete('env:APP')
    expect(await seen()).toEqual([[], true])
    secrets.set('env:APP', 'two')
    await target.converge(nodes, 'reload', noFormat, ctx)
    secrets.delete('env:APP')
    expect(await seen()).toEqual([[], false]) // what was written is told apart from what runs without resolving it
    await target.acknowledge(node, ctx)
    expect(await seen()).toEqual([[], true])
  })

  it('its data is gone while it runs: that is said, its files are written, and it is not made to come back empty', async () => {
    const { place, target, ctx, built, state } = await open()
    const [node] = await built()
    await target.converge([node], 'start', noFormat, ctx)
    await place.wipe(1)
    expect((await state()).problem).toContain('gone')
    await target.converge([node], 'reload', noFormat, ctx)
    await target.converge([node], 'start', noFormat, ctx)
    await expect(target.converge([node], 'restart', noFormat, ctx)).rejects.toEqual(coded('MQOPS_DATA_MISSING'))
    expect((await state()).running).not.toBe(null)
  })

  it('stopped, and started again by itself or not: a stop is no problem, an end that nobody asked for is', async () => {
    const { place, target, ctx, built, state } = await open()
    const [node] = await built()
    await target.converge([node], 'start', noFormat, ctx)
    const { version } = await state()
    await target.stop([node], ctx)
    expect(await state()).toMatchObject({ running: null, version, files: textsOf(node) })
    await target.converge([node], 'start', noFormat, ctx)
    await place.kill(1)
    await expect.poll(async () => (await state()).problem, { timeout: 15_000 }).toContain('ended')
  })

  it('its commands: all that they say', async () => {
    const { place, target, ctx, built } = await open()
    const [node] = await built()
    await target.converge([node], 'reload', noFormat, ctx)
    for (const argv of [place.command.argv, place.command.fails])
      expect(await target.exec({ role: 'server', slot: 1 }, argv, ctx)).toEqual({
        code: expect.any(Number),
        stdout: expect.any(String),
        stderr: expect.any(String),
      })
  })
})
