import { describe, expect, it } from 'vitest'
import type { Allocation } from '../../src/model/member.ts'
import { memberKey } from '../../src/model/member.ts'
import { printText } from '../../src/model/secret.ts'
import type { Place } from './target-places.ts'
import { coded, noFormat, placesFor, runs, TARGETS, until } from './target-deployed.ts'

describe.each(TARGETS)('target: %s', (_name, makePlace) => {
  const { opened, deployed } = placesFor(makePlace)

  describe('allocation', () => {
    it('is made once: the same again, for everybody', async () => {
      const { place, target, ctx } = await opened()
      expect(await target.allocation(ctx)).toBeNull()
      const made = await target.allocate(place.layout(), ctx)
      expect(made.clusterId).toMatch(/^[\w-]{22}$/)
      expect(made.members.map(memberKey)).toEqual(place.layout().members.map(memberKey))
      expect(new Set(made.members.map((member) => member.incarnation)).size).toBe(3)
      const ports = made.members.flatMap((member) => Object.values(member.ports))
      expect(new Set(ports).size).toBe(place.layout().members.flatMap((member) => member.ports).length)
      expect(await target.allocate(place.layout(), ctx)).toEqual(made)
      const other = place.open()
      expect(await other.target.allocation(other.ctx)).toEqual(made)
    })

    it('is completed with what a layout has more, and what stands stays', async () => {
      const { place, target, ctx } = await opened()
      const before = await target.allocate(place.layout(), ctx)
      const secrets = async (of: Allocation) =>
        Object.fromEntries(
          await Promise.all(Object.keys(of.secrets).map(async (name) => [name, await target.secret(name, ctx)])),
        ) as Record<string, string>
      const values = await secrets(before)
      const after = await target.allocate(place.layout(true), ctx)
      expect(after.clusterId).toBe(before.clusterId)
      expect(after.members).toHaveLength(5)
      for (const [i, member] of before.members.entries()) expect(after.members[i]).toMatchObject(member)
      const all = after.members.flatMap((member) => Object.values(member.ports))
      expect(new Set(all).size).toBe(all.length)
      expect(await secrets(after)).toMatchObject(values)
      expect(Object.keys(after.secrets).length).toBeGreaterThan(Object.keys(values).length)
      expect(after.certificates).toEqual(expect.arrayContaining(before.certificates.map((one) => ({ ...one }))))
      // A layout with less takes nothing away.
      const again = await target.allocate(place.layout(), ctx)
      expect([again.members.length, Object.keys(again.secrets).sort()]).toEqual([5, Object.keys(after.secrets).sort()])
    })
  })

  it('renders references in place of secrets, the same each time', async () => {
    const { place, target, ctx } = await opened()
    const allocation = await target.allocate(place.layout(), ctx)
    const files = target.render(place.nodes(allocation))
    expect(target.render(place.nodes(allocation))).toEqual(files)
    const text = JSON.stringify(files)
    expect(text).toContain('${secretRef:generated:tls/nats-1.crt')
    expect(Object.keys(files).length).toBeGreaterThanOrEqual(6)
    for (const name of Object.keys(allocation.secrets)) expect(text).not.toContain(await target.secret(name, ctx))
  })

  describe('software', () => {
    it('is there after prepare, and members are not written without it', async () => {
      const without = await opened({ installed: false })
      const allocation = await without.target.allocate(without.place.layout(), without.ctx)
      const [node] = without.place.nodes(allocation)
      const software = (node as NonNullable<typeof node>).software
      expect(await without.target.prepared(software, without.ctx)).toBe(false)
      const reload = without.target.converge(without.place.nodes(allocation), 'reload', noFormat, without.ctx)
      await expect(reload).rejects.toEqual(coded('MQOPS_RUNTIME_MISSING'))
      const { target, ctx } = await deployed()
      expect(await target.prepared(software, ctx)).toBe(true)
    })
  })

  describe('members', () => {
    it('are not there before they are built, which is no problem', async () => {
      const { target, ctx } = await opened()
      const nothing = { role: 'server', slot: 1, files: {}, running: null, staleSecrets: [], version: '' }
      expect(await target.observe([{ role: 'server', slot: 1 }], ctx)).toEqual([nothing])
      expect(await target.size(ctx)).toBe(0)
      expect(await target.recall(ctx)).toBeNull()
    })

    it('start with the rendered files, and are left alone by another start', async () => {
      const { place, target, ctx, nodes, allocation, observe } = await deployed()
      const states = await observe()
      for (const [i, node] of nodes.entries()) {
        const texts = Object.entries(node.files).map(([name, file]) => [name, printText(file.text)])
        expect(states[i]?.files).toEqual(Object.fromEntries(texts))
        expect(states[i]?.running?.files).toEqual(states[i]?.files)
        expect(states[i]?.version).toMatch(/^\d+\.\d+/)
        expect([states[i]?.problem, states[i]?.staleSecrets]).toEqual([undefined, []])
      }
      const second = place.nodes(allocation, 'second')
      await target.converge(second, 'start', noFormat, ctx)
      const after = await observe()
      expect(after.map((state) => state.running?.startedAt)).toEqual(states.map((state) => state.running?.startedAt))
      expect(after[0]?.running?.files).not.toEqual(after[0]?.files) // the new ones wait for a restart
    })

    it('restart one by one, with the new files', async () => {
      const { place, target, ctx, allocation, observe } = await deployed()
      const before = await observe()
      place.advance(1000)
      await target.converge(place.nodes(allocation, 'second').slice(0, 1), 'restart', noFormat, ctx)
      const after = await observe()
      expect(after[0]?.running?.startedAt).toBeGreaterThan(before[0]?.running?.startedAt ?? Infinity)
      expect(after[0]?.running?.files).toEqual(after[0]?.files)
      expect(after[0]?.files).not.toEqual(before[0]?.files)
      expect(after.slice(1)).toEqual(before.slice(1))
    })

    it('take up on reload what is acknowledged, and nothing that wants a restart', async () => {
      const { place, target, ctx, allocation, observe } = await deployed()
      const [before] = await observe()
      const second = place.nodes(allocation, 'second').slice(0, 1) as [ReturnType<Place['nodes']>[number]]
      await target.converge(second, 'reload', noFormat, ctx)
      const [written] = await observe()
      const changed = Object.keys(second[0].files).filter((name) => written?.files[name] !== before?.files[name])
      const classes = changed.map((name) => second[0].files[name]?.apply)
      expect(new Set(classes)).toEqual(new Set(['restart', 'reload']))
      expect(written?.running).toEqual(before?.running)
      await target.acknowledge(second[0], ctx)
      const [taken] = await observe()
      for (const name of changed) {
        const was = second[0].files[name]?.apply === 'reload' ? written?.files[name] : before?.files[name]
        expect([name, taken?.running?.files[name]]).toEqual([name, was])
      }
      expect(taken?.running?.startedAt).toBe(before?.running?.startedAt)
    })

    it('get signals while they run, and only then', async () => {
      const { place, target, ctx, nodes } = await deployed()
      const [node] = nodes as [(typeof nodes)[number]]
      await target.signal({ role: 'server', slot: 1 }, 'SIGHUP', ctx)
      await until('its log says so', async () => {
        const lines = await Array.fromAsync(target.logs(node, { lines: 100, follow: false }, ctx))
        return lines.some((line) => place.tookSighup.test(line))
      })
      await target.stop(nodes, ctx)
      const place1 = { role: 'server', slot: 1 }
      await expect(target.signal(place1, 'SIGHUP', ctx)).rejects.toEqual(coded('MQOPS_UNREACHABLE'))
      await expect(target.acknowledge(node, ctx)).rejects.toEqual(coded('MQOPS_UNREACHABLE'))
    })

    it('stop when told, the others run on; their data stays for the next start', async () => {
      const { target, ctx, nodes, observe, place, allocation } = await deployed(() => ({ mark: 'first' }))
      await target.stop(nodes.slice(0, 1), ctx)
      expect(runs(await observe())).toEqual([false, true, true])
      expect((await observe()).map((state) => state.problem)).toEqual([undefined, undefined, undefined])
      await target.stop(nodes, ctx)
      await target.stop(nodes, ctx)
      expect(runs(await observe())).toEqual([false, false, false])
      expect(await target.size(ctx)).toBeGreaterThan(0)
      await target.converge(nodes, 'start', () => ({ mark: 'second' }), ctx)
      expect(runs(await observe())).toEqual([true, true, true])
      // The first files went into an empty data folder only.
      expect(place.data(allocation, 1, 'mark')).toBe('first')
    })

    it('that end by themselves are seen, said, and started again', async () => {
      const { place, target, ctx, nodes, observe } = await deployed()
      await place.kill(1)
      await until('it is seen', async () => (await observe())[0]?.running === null)
      const states = await observe()
      expect([states[0]?.problem, states[1]?.problem]).toEqual([expect.stringContaining('ended'), undefined])
      await target.converge(nodes, 'start', noFormat, ctx)
      const after = (await observe()).map((state) => [state.running !== null, state.problem])
      expect(after).toEqual(after.map(() => [true, undefined]))
    })

    it('whose data is gone do not come back under their old identity', async () => {
      const { place, target, ctx, nodes, observe } = await deployed(() => ({ mark: 'first' }))
      await target.stop(nodes, ctx)
      await place.wipe(1)
      expect((await observe())[0]?.problem).toContain('gone')
      const start = target.converge(nodes.slice(0, 1), 'start', noFormat, ctx)
      await expect(start).rejects.toEqual(coded('MQOPS_DATA_MISSING'))
      expect(runs(await observe())).toEqual([false, false, false])
    })

    it('have a log: the last lines, then what comes until the signal fires', async () => {
      const { place, target, ctx, nodes } = await deployed()
      const [node] = nodes as [(typeof nodes)[number]]
      const read = (lines: number) => Array.fromAsync(target.logs(node, { lines, follow: false }, ctx))
      await until('it has said something', async () => (await read(2)).length === 2)
      expect(await read(0)).toEqual([])
      const end = new AbortController()
      const follower = place.open({ signal: end.signal })
      const seen: string[] = []
      const following = (async () => {
        for await (const line of follower.target.logs(node, { lines: 1, follow: true }, follower.ctx)) seen.push(line)
      })()
      await until('the last line is shown', async () => seen.length > 0)
      await target.signal({ role: 'server', slot: 1 }, 'SIGHUP', ctx)
      await until('it follows', async () => seen.some((line) => place.tookSighup.test(line)))
      end.abort()
      await following
    })

    it('lend their commands', async () => {
      const { place, target, ctx } = await deployed()
      const ran = await target.exec({ role: 'server', slot: 1 }, place.command.argv, ctx)
      expect(ran).toMatchObject({ code: 0, stdout: expect.stringMatching(place.command.says) })
      const failed = await target.exec({ role: 'server', slot: 1 }, place.command.fails, ctx)
      expect([failed.code === 0, failed.stderr]).toEqual([false, expect.stringMatching(/./)])
      await expect(target.exec({ role: 'server', slot: 9 }, place.command.argv, ctx)).rejects.toEqual(
        coded('MQOPS_NOT_BUILT'),
      )
    })
  })

  it('remembers the spec last applied, for everybody', async () => {
    const { place, target, ctx } = await opened()
    await target.remember(place.spec, ctx)
    const other = place.open()
    expect(await other.target.recall(other.ctx)).toEqual(place.spec)
    await other.target.remember({ ...place.spec, version: '2.14' }, other.ctx)
    expect((await target.recall(ctx))?.version).toBe('2.14')
    expect(await target.access(ctx)).toBeNull()
  })

  it('destroy leaves nothing; what is built then is another cluster', async () => {
    const { place, target, ctx, allocation, nodes, observe } = await deployed(() => ({ mark: 'first' }))
    await target.remember(place.spec, ctx)
    const secret = await target.secret('tls/nats-1.key', ctx)
    await target.destroy(nodes, ctx)
    expect([await target.allocation(ctx), await target.recall(ctx), await target.size(ctx)]).toEqual([null, null, 0])
    for (const { running, files } of await observe()) expect([running, files]).toEqual([null, {}])
    await expect(target.secret('tls/nats-1.key', ctx)).rejects.toEqual(coded('MQOPS_SECRET_MISSING'))
    await target.destroy([], ctx)
    const anew = await target.allocate(place.layout(), ctx)
    expect(anew.clusterId).not.toBe(allocation.clusterId)
    expect(await target.secret('tls/nats-1.key', ctx)).not.toBe(secret)
  })
})
