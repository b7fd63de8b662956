import type { Address } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import { toFailure } from '../../model/failure.ts'
import type { Json } from '../../model/json.ts'
import type { Context } from '../../ports/context.ts'

export type Verdict = { readonly ok: boolean | null; readonly evidence: string; readonly data?: Json }

/** One check: what the question throws is "could not be judged", with its reason. */
export async function checked(
  about: Address,
  name: string,
  ctx: Context,
  question: () => Promise<Verdict>,
): Promise<Check> {
  const began = ctx.now()
  try {
    const verdict = await question()
    return { about, name, ...verdict, ms: ctx.now() - began }
  } catch (error) {
    ctx.signal.throwIfAborted()
    return { about, name, ok: null, evidence: toFailure(error).summary, ms: ctx.now() - began }
  }
}

const NOTHING: Verdict = { ok: true, evidence: '' }

/** A check of what not every cluster has: left out where the answer is null. */
export async function checkedIf(
  about: Address,
  name: string,
  ctx: Context,
  question: () => Promise<Verdict | null>,
): Promise<readonly Check[]> {
  let nothing = false
  const check = await checked(about, name, ctx, async () => {
    const verdict = await question()
    nothing = verdict === null
    return verdict ?? NOTHING
  })
  return nothing ? [] : [check]
}
