import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../../src/targets/local/disk.ts'
import { LAYOUT, cleanUp, failureOf, nodesOf, openWorld, scratch } from './support.ts'

/** Runs on a file system of a few MiB, mounted for this process alone; prints what mqops said of it. */
const folder = process.argv[2] as string
const world = openWorld({ folder: scratch(), options: { folder } })
try {
  const filler = join(folder, 'filler')
  const allocation = await world.target.allocate(LAYOUT, world.ctx)
  const roomy = nodesOf(allocation, {}, { size: { memoryBytes: 1, diskBytes: 1024 ** 3 } })
  const tooLarge = await failureOf(world.target.converge(roomy, 'start', () => ({}), world.ctx))

  const file = join(folder, 'kept')
  await writeWhole(file, 'before', { durable: true })
  let full = ''
  for (let bytes = 1024 ** 2; bytes >= 1; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) writeFileSync(filler, 'x'.repeat(bytes), { flag: 'a' })
    } catch (error) {
      full = (error as { code: string }).code
    }
  }
  const whole = await failureOf(writeWhole(file, 'y'.repeat(50_000), { durable: true }))
  const kept = readFileSync(file, 'utf8')
  const nodes = nodesOf(allocation, {}, { size: { memoryBytes: 1, diskBytes: 1 } })
  const noRoom = await failureOf(world.target.converge(nodes, 'start', () => ({}), world.ctx))

  rmSync(filler)
  await world.target.converge(nodes, 'start', () => ({}), world.ctx)
  const states = await world.target.observe(
    nodes.map((node) => node.member),
    world.ctx,
  )
  await world.target.stop(nodes, world.ctx)
  console.log(
    JSON.stringify({ tooLarge, full, whole, kept, noRoom, running: states.filter((state) => state.running).length }),
  )
} finally {
  cleanUp(world.folder)
}
