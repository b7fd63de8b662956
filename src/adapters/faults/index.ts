import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { RunFact } from '../../model/event.ts'
import type { Store } from '../../ports/store.ts'

/**
 * For crash tests on the real binary: MQOPS_FAULT=kill-each:FILE ends this process by SIGKILL before and after each
 * journal entry that FILE does not name yet, and names it there first. Run and resumed until it lives to the end, a run
 * has died once at each of its boundaries, each time on top of what the earlier crashes left. A decorator: the store it
 * wraps knows nothing of it.
 */
export function killingStore(store: Store, fault: string | undefined, kill: () => void): Store {
  const file = /^kill-each:(.+)$/.exec(fault ?? '')?.[1]
  if (file === undefined) return store
  const died = new Set(existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [])
  const dieOnce = (when: 'before' | 'after', fact: RunFact) => {
    const boundaries = namesOf(fact).map((name) => `${when} ${name}`)
    const fresh = boundaries.filter((boundary) => !died.has(boundary))
    if (fresh.length === 0) return
    durably(file, `${fresh.join('\n')}\n`)
    kill()
  }
  return {
    ...store,
    append: async (event) => {
      dieOnce('before', event.fact)
      const appended = await store.append(event)
      dieOnce('after', event.fact)
      return appended
    },
  }
}

/** An entry about several steps stands for each of them: they may travel in other company after a crash. */
function namesOf(fact: RunFact): readonly string[] {
  if (fact.type === 'intent') return fact.steps.map((step) => `intent ${step}`)
  if (fact.type === 'outcome') return fact.outcomes.map(({ step }) => `outcome ${step}`)
  return [fact.type]
}

function durably(file: string, text: string): void {
  const handle = openSync(file, 'a')
  writeSync(handle, text)
  fsyncSync(handle)
  closeSync(handle)
}
