import { readFileSync, writeFileSync } from 'node:fs'
import { LAYOUT, leaseOf, nodesOf, openWorld } from './support.ts'
import type { WorldOptions } from './support.ts'

/** A second mqops: `node child.ts WHAT OPTIONS`, told apart from the test by being a process of its own. */
const [what, json] = process.argv.slice(2) as [string, string]
const o = JSON.parse(json) as WorldOptions & { readonly holder?: string }
const world = openWorld(o)

const acts: Record<string, () => Promise<void>> = {
  /** Takes the lease, says so, keeps it until killed. */
  async hold() {
    const lease = await leaseOf(world, o.holder ?? 'child')
    console.log(`held ${lease.epoch}`)
    await new Promise(() => setInterval(() => {}, 1000))
  },
  async start() {
    const allocation = await world.target.allocate(LAYOUT, world.ctx)
    console.log('go')
    await world.target.converge(nodesOf(allocation), 'start', () => ({}), world.ctx)
    console.log('started')
  },
  async destroy() {
    console.log('go')
    await world.target.destroy([], world.ctx)
  },
  async allocate() {
    console.log('go')
    await world.target.allocate(LAYOUT, world.ctx)
    console.log('allocated')
  },
  /** Adds 1 to a number in a file, many times, each under the lease. */
  async count() {
    const file = `${world.folder}/count`
    for (let left = 25; left > 0; left--) {
      const lease = await takePatiently()
      const before = Number(readFileSync(file, 'utf8'))
      await world.ctx.sleep(1)
      writeFileSync(file, String(before + 1))
      await lease.release()
    }
  },
}

async function takePatiently() {
  for (;;) {
    try {
      return await leaseOf(world, 'counter')
    } catch (error) {
      if ((error as { code?: string }).code !== 'MQOPS_LOCKED') throw error
      await world.ctx.sleep(1)
    }
  }
}

await acts[what]?.()
