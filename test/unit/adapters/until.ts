import { setTimeout as delay } from 'node:timers/promises'

/** Waits for a condition, not for time. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 5000; !(await condition()); await delay(5)) {
    if (performance.now() > deadline) throw new Error('it does not come true')
  }
}
