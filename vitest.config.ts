import { defineConfig } from 'vitest/config'

const MINUTE = 60_000

/** Real brokers share the machine's ports and memory: one file after another, with time to start. */
const alone = { fileParallelism: false, maxWorkers: 1, testTimeout: 10 * MINUTE, hookTimeout: 10 * MINUTE }

const project = (name: string, more: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], pool: 'forks' as const, retry: 0, ...more },
})

export default defineConfig({
  test: {
    allowOnly: !process.env['CI'],
    projects: [
      // A loaded machine is slow, not wrong: what hangs is ended all the same.
      project('unit', { testTimeout: MINUTE, hookTimeout: MINUTE }),
      project('sim', { testTimeout: 2 * MINUTE }),
      project('conformance', alone),
      project('e2e', alone),
    ],
  },
})
