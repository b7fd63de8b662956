import type { CommandModule } from '../invocation.ts'

/** Each command's code is loaded when it is asked for, so that `--help` costs none of them. */
export const COMMANDS: Readonly<Record<string, () => Promise<CommandModule>>> = {
  init: () => import('./init.ts'),
  validate: () => import('./validate.ts'),
  plan: () => import('./plan.ts'),
  apply: () => import('./apply.ts'),
  verify: () => import('./verify.ts'),
  status: () => import('./status.ts'),
  destroy: () => import('./destroy.ts'),
  adopt: () => import('./adopt.ts'),
  import: () => import('./import.ts'),
  stop: () => import('./stop.ts'),
  start: () => import('./start.ts'),
  resume: () => import('./resume.ts'),
  runs: () => import('./runs-list.ts'),
  'runs list': () => import('./runs-list.ts'),
  'runs show': () => import('./runs-show.ts'),
  logs: () => import('./logs.ts'),
  connect: () => import('./connect.ts'),
  offsets: () => import('./offsets.ts'),
  doctor: () => import('./doctor.ts'),
  explain: () => import('./explain.ts'),
  schema: () => import('./schema.ts'),
  demo: () => import('./demo.ts'),
  completion: () => import('./completion.ts'),
  __complete: () => import('./complete.ts'),
}
