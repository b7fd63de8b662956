import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'

vi.setConfig({ testTimeout: 120_000 }) // real processes, on machines that may be busy

/** A real file system that is really full; its mount is seen by that one process only and ends with it. */
test.runIf(process.platform === 'linux')(
  'a full disk is said with path and bytes, loses nothing, and is got over',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'mqops-disk-'))
    try {
      const script = `mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" "$3" "$1"`
      const child = spawnSync(
        'unshare',
        ['-rm', 'sh', '-c', script, 'sh', folder, process.execPath, join(import.meta.dirname, 'full-disk.ts')],
        { encoding: 'utf8', timeout: 60_000 },
      )
      expect(child.stderr).toBe('')
      const said = JSON.parse(child.stdout)
      expect(said.tooLarge).toMatchObject({ code: 'MQOPS_DISK_FULL', retryable: true })
      expect(said.tooLarge.summary).toMatch(/^no room for .*\/orders\/members\/server-1: 64MiB needed, [34]MiB free$/)
      expect(said.full).toBe('ENOSPC')
      expect(said.whole).toMatchObject({
        code: 'MQOPS_DISK_FULL',
        summary: `no room for ${folder}/kept: 50000 bytes needed`,
      })
      expect(said.kept).toBe('before')
      expect(said.noRoom).toMatchObject({ code: 'MQOPS_DISK_FULL' })
      expect(said.running).toBe(2)
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
  60_000,
)
