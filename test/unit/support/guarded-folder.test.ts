import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { expect, test } from 'vitest'
import { processesOf } from '../../support/processes.ts'

const MODULE = join(import.meta.dirname, '../../support/guarded-folder.ts')
const OWNER = `
  import { spawn } from 'node:child_process'
  import { guardedFolder } from ${JSON.stringify(MODULE)}
  const folder = guardedFolder('mqops-guarded-')
  spawn('sleep', ['600'], { cwd: folder, env: { ...process.env, HERE: folder }, detached: true, stdio: 'ignore' }).unref()
  console.log(folder)
  setInterval(() => {}, 1000)
`

test('what runs in a guarded folder ends with the process that made it, however that ends', async () => {
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', OWNER]
  const owner = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const { value: folder = '' } = await createInterface(owner.stdout)[Symbol.asyncIterator]().next()
  await expect.poll(() => processesOf(folder)).toHaveLength(1)
  owner.kill('SIGKILL')
  await expect.poll(() => existsSync(folder), { timeout: 30_000 }).toBe(false)
  expect(processesOf(folder)).toEqual([])
})
