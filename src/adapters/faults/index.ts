import type { Store } from '../../ports/store.ts'

/**
 * For crash tests on the real binary: MQOPS_FAULT=kill-before:N or kill-after:N ends this process by SIGKILL around its
 * N-th journal entry. A decorator: the store it wraps knows nothing of it.
 */
export function killingStore(store: Store, fault: string | undefined, kill: () => void): Store {
  const match = /^kill-(before|after):(\d+)$/.exec(fault ?? '')
  if (!match) return store
  const at = Number(match[2])
  let count = 0
  return {
    ...store,
    append: async (event) => {
      count += 1
      if (count === at && match[1] === 'before') kill()
      const appended = await store.append(event)
      if (count === at && match[1] === 'after') kill()
      return appended
    },
  }
}
