import { EXIT } from '../failures.ts'
import type { Invocation } from '../invocation.ts'
import { usage } from '../failures.ts'
import { suggest } from '../../spec/suggest.ts'
import { bashCompletion, fishCompletion, zshCompletion } from '../views/completion.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

/** A completion script; made of the same definitions as the parser. */
export async function run(inv: Invocation): Promise<number> {
  const { m } = inv
  const shell = inv.args[0] as string
  const make = Object.hasOwn(SHELLS, shell) ? SHELLS[shell as keyof typeof SHELLS] : null
  if (!make) {
    const near = suggest(shell, Object.keys(SHELLS))
    throw usage(
      m.usage.badChoice(shell, 'SHELL', Object.keys(SHELLS).join(', ')),
      near !== null ? m.usage.didYouMean(near) : undefined,
    )
  }
  inv.terminal.out.write(make(m))
  return EXIT.done
}
