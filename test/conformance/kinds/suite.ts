import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { printLocal } from '../../../src/model/address.ts'
import type { Plan, Step } from '../../../src/model/plan.ts'
import type { AnyKind } from '../../../src/ports/kind.ts'
import {
  type Drift,
  fieldsOf,
  type Harness,
  type Imported,
  isPossible,
  said,
  type Sample,
  type Stage,
  stepsOf,
  type Verb,
} from './sample.ts'
import type { Shown } from './table.ts'

/** Calls are of a kind of its own for each: nobody but its harness looks into them. */
export type KindsSuite<Call> = {
  readonly name: string
  readonly kinds: readonly AnyKind[]
  open(): Promise<Harness<Call>>
  readonly samples: readonly Sample<Call>[]
}

/** A step that people can judge. */
function expectWhole(step: Step): void {
  expect(step).toMatchObject({ reason: expect.stringMatching(/./), reversible: expect.any(Boolean) })
  expect(['safe', 'disruptive', 'destructive']).toContain(step.risk)
  if (step.risk === 'destructive') expect(step.reversible).toBe(false)
  for (const { field } of step.changes) expect(field).toMatch(/./)
  if (step.action.endsWith('.update')) expect(step.changes.length).toBeGreaterThan(0)
}

/**
 * One plan makes all kinds of a broker, the next changes them all: each test looks at its own kind's part of it. `shown`
 * is told what was seen to work.
 */
export function kindsSuite({ name, kinds, open, samples }: KindsSuite<unknown>, shown: Shown): void {
  let harness: Harness<unknown>
  beforeAll(async () => {
    harness = await open()
    await apply('base')
  })
  afterAll(() => harness?.end())

  /** What was done, of which nothing is left to do. */
  const apply = async (stage: Stage): Promise<Plan> => {
    const plan = await harness.plan(fieldsOf(samples, stage))
    for (const step of plan.steps) expectWhole(step)
    expect(await harness.run(plan)).toBe('done')
    expect((await harness.plan(fieldsOf(samples, stage))).steps.map(said)).toEqual([])
    return plan
  }
  const able = (verb: Verb, of: (sample: Sample<unknown>) => unknown): readonly Sample<unknown>[] => {
    const those = samples.filter((sample) => isPossible(of(sample)))
    for (const { kind } of those) shown.set(JSON.stringify([name, kind, verb]), false)
    return those
  }
  const works = ({ kind }: Sample<unknown>, verb: Verb): void =>
    void shown.set(JSON.stringify([name, kind, verb]), true)
  const risksOf = (plan: Plan, sample: Sample<unknown>) =>
    [...new Set(stepsOf(plan, sample).map((step) => step.risk))].sort()
  const strangers = samples.flatMap(({ drift }) => (isPossible(drift) ? (drift.strangers ?? []) : [])).sort()
  const unmanaged = (plan: Plan) =>
    plan.notes.filter((note) => note.kind === 'unmanaged').map((note) => printLocal(note.address))

  /** What is seen of each resource says itself again: what `toSpec` makes of it has no difference to it. */
  const expectReadBack = async (name: string): Promise<void> => {
    const kind = kinds.find((one) => one.name === name)
    if (kind?.via !== 'api') return
    const { spec, session, ctx } = await harness.world(fieldsOf(samples, 'changed'))
    const seen = await kind.list(await session(), 'all', ctx)
    expect(seen.length).toBeGreaterThan(0)
    const capabilities = (await session()).capabilities
    for (const [key, have] of seen) {
      expect(have).toMatchObject({ is: 'present', owner: { by: 'nobody' } })
      const address = { cluster: spec.name, kind: name, key }
      const want = have.is === 'present' ? kind.toSpec(have.value) : undefined
      expect(kind.diff(want, have, { address, capabilities })).toEqual([])
    }
  }

  it('has a sample of each kind', () => {
    const those = samples.filter((sample) => sample.file === undefined).map((sample) => sample.kind)
    expect(those.toSorted()).toEqual(kinds.map((kind) => kind.name).toSorted())
  })

  it('has nothing to do where nothing is wanted and nothing is there', () => {
    for (const kind of kinds) {
      expect(['api', 'config']).toContain(kind.via)
      const address = { cluster: 'suite', kind: kind.name, key: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }
      expect(kind.diff(undefined, { is: 'absent' }, { address, capabilities: new Set() })).toEqual([])
    }
  })

  describe('made', () => {
    let plan: Plan
    beforeAll(async () => void (plan = await apply('made')))
    it.each(able('made', () => true))('$kind', (sample) => {
      expect(stepsOf(plan, sample).length).toBeGreaterThan(0)
      if (sample.file === undefined) {
        expect(stepsOf(plan, sample).every((step) => /\.(create|configure)$/.test(step.action))).toBe(true)
        expect(risksOf(plan, sample)).toEqual(sample.creation?.toSorted())
        for (const step of stepsOf(plan, sample)) expect(step.reversible).toBe(!sample.lasting)
      }
      works(sample, 'made')
    })
  })

  describe('changed', () => {
    let plan: Plan
    beforeAll(async () => void (plan = await apply('changed')))
    it.each(able('changed', (sample) => sample.changed))('$kind', (sample) => {
      expect(stepsOf(plan, sample).length).toBeGreaterThan(0)
      works(sample, 'changed')
    })
  })

  describe('drifted', () => {
    const those = able('drifted', (sample) => sample.drift) as readonly (Sample<unknown> & { drift: Drift<unknown> })[]
    let found: Plan
    beforeAll(async () => {
      const fields = fieldsOf(samples, 'changed')
      await harness.foreign(
        those.flatMap(({ drift }) => drift.calls),
        fields,
      )
      found = await harness.plan(fields)
    })
    it.each(those)('$kind: found', (sample) => {
      expect(found.steps.map(said)).toEqual(expect.arrayContaining([...sample.drift.finds]))
      expect(unmanaged(found)).toEqual(expect.arrayContaining([...(sample.drift.strangers ?? [])]))
      for (const step of stepsOf(found, sample)) expectWhole(step)
      const [first] = stepsOf(found, sample).filter((step) => said(step) === sample.drift.finds[0])
      if (sample.drift.tells) expect(first?.changes).toEqual(sample.drift.tells)
      works(sample, 'drifted')
    })
    it('nothing else is found', () => {
      expect(found.steps.map(said).toSorted()).toEqual(those.flatMap(({ drift }) => drift.finds).toSorted())
      expect(unmanaged(found).toSorted()).toEqual(strangers)
    })
  })

  describe('repaired', () => {
    let plan: Plan
    beforeAll(async () => void (plan = await apply('changed')))
    it.each(able('repaired', (sample) => sample.drift))('$kind', (sample) => {
      const { finds } = sample.drift as Drift<unknown>
      expect(plan.steps.map(said)).toEqual(expect.arrayContaining([...finds]))
      works(sample, 'repaired')
    })
  })

  describe('imported', () => {
    let imported: Imported
    beforeAll(async () => void (imported = await harness.import(fieldsOf(samples, 'changed'))))
    it('is all there is, and its plan takes over what nobody owned and changes nothing', () => {
      expect(imported.left).toEqual([])
      expect(imported.plan.steps.map(said).toSorted()).toEqual(strangers.map((text) => `adopt ${text}`))
    })
    it.each(able('imported', (sample) => sample.imported ?? true))('$kind', async (sample) => {
      expect(imported.plan.steps.filter((step) => !step.action.endsWith('.adopt')).map(said)).toEqual([])
      await expectReadBack(sample.kind)
      if (sample.file === undefined) expect(imported.counts[sample.kind]).toBeGreaterThan(0)
      works(sample, 'imported')
    })
  })

  describe('removed', () => {
    let plan: Plan
    beforeAll(async () => {
      plan = await apply('base')
    })
    it.each(able('removed', (sample) => sample.removal ?? true))('$kind', (sample) => {
      const steps = stepsOf(plan, sample)
      expect(steps.length).toBeGreaterThan(0)
      if (sample.removal) expect(risksOf(plan, sample)).toEqual((sample.removal as readonly string[]).toSorted())
      if (sample.loses)
        expect(steps.map((step) => step.loses)).toEqual(
          steps.map(() => expect.objectContaining(sample.loses as object)),
        )
      works(sample, 'removed')
    })
    it('what mqops did not make is still there', async () => {
      expect(unmanaged(await harness.plan(fieldsOf(samples, 'base'))).toSorted()).toEqual(strangers)
    })
  })
}
