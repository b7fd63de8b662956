// npm run mutants [-- PART…]: breaks each behaviour of the fakes, one at a time, and sees whether the conformance suites,
// or else the simulations, fail. PART: file names, or FILE:LINE. Exits 1 when one goes unnoticed that is not known to.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createVitest, type TestSpecification, type Vitest } from 'vitest/node'
import { apply, type Mutant, mutantsOf } from './mutate.ts'

const root = join(import.meta.dirname, '..')
const FILES = ['broker', 'session', 'groups', 'cluster', 'target', 'allocation', 'world'].map(
  (name) => `fake-${name}.ts`,
)
const ALL_FILES = [...FILES, 'memory-store.ts'].map((name) => join(root, 'test/support', name))
/** A mutant that makes a loop endless is noticed, too: it takes several times as long as all suites with nothing broken. */
const MOST_MS = 600_000
const LEAST_MS = 30_000
/** Real brokers need these, fakes don't: loading them for each mutant would take most of the time. */
const REAL_ONLY = /\/(src\/(compose\.ts|adapters|brokers|runtimes|targets\/local)|test\/e2e)/

/** Nothing that could be noticed, and why. By file and what was broken, without its line. */
const KNOWN: readonly { readonly file: string; readonly what: RegExp; readonly why: string }[] = [
  { file: 'fake-broker.ts', what: /: (want: null|reads: null)/, why: 'the engine says so itself' },
  {
    file: 'fake-broker.ts',
    what: /connect: async|: throw new Error\('the simulated world/,
    why: 'the type wants it, and the simulated world opens sessions itself',
  },
]
const isKnown = ({ file, what }: One): boolean =>
  KNOWN.some((known) => file.endsWith(known.file) && known.what.test(what))

type One = Mutant & { readonly file: string }
const wanted = process.argv.slice(2).filter((word) => word !== '--child')
const isWanted = ({ file, line }: One): boolean =>
  wanted.length === 0 || wanted.some((part) => file.endsWith(part) || `${file}:${line}`.endsWith(part))
const mutants: readonly One[] = ALL_FILES.flatMap((file) =>
  mutantsOf(file, readFileSync(file, 'utf8')).map((mutant) => ({ ...mutant, file })),
).filter((one) => isWanted(one) && !isKnown(one))

if (process.argv.includes('--child')) await runChild()
else await runParent()

/** Reads numbers of mutants, says for each who noticed it. */
async function runChild(): Promise<void> {
  let current: One | null = null
  const suite = (include: string[], testNamePattern?: RegExp) =>
    createVitest(
      'test',
      {
        config: false,
        fsModuleCache: false, // it would keep what was broken
        root,
        include,
        watch: false,
        reporters: [{}],
        pool: 'threads',
        isolate: false,
        maxWorkers: 1,
        bail: 1,
        testTimeout: MOST_MS, // what hangs is ended by the parent; what is slow on a busy machine is not broken
        ...(testNamePattern ? { testNamePattern } : {}),
      },
      {
        plugins: [
          {
            name: 'mutant',
            enforce: 'pre',
            load: (id) => (REAL_ONLY.test(id) ? 'export {}' : undefined),
            transform: (code, id) => (current !== null && id === current.file ? apply(code, current) : undefined),
          },
        ],
      },
    )
  const suites = [
    [
      'conformance',
      await suite(['test/conformance/{broker,kinds-fake,session,store,target}*.test.ts'], /\b(fake|memory)\b/),
    ],
    ['simulation', await suite(['test/sim/*.test.ts'])],
  ] as const
  const specs = new Map<Vitest, readonly TestSpecification[]>()
  for (const [, vitest] of suites) specs.set(vitest, await vitest.globTestSpecifications())
  for await (const text of createInterface({ input: process.stdin })) {
    const before: One | null = current
    const mutant: One | null = mutants[Number(text)] ?? null
    current = mutant
    let noticed = 'nobody'
    for (const [name, vitest] of suites) {
      for (const one of [before, mutant]) if (one) vitest.invalidateFile(one.file)
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications([...(specs.get(vitest) ?? [])], true)
      if (unhandledErrors.length === 0 && testModules.every((module) => module.ok())) continue
      noticed = name
      break
    }
    console.log(`\n@${text} ${noticed}`)
  }
  for (const [, vitest] of suites) await vitest.close()
}

async function runParent(): Promise<void> {
  const results: string[] = []
  let child: ReturnType<typeof ask> | null = null
  let patienceMs = MOST_MS
  const next = async (i: number): Promise<string> => {
    child ??= ask()
    const answer = await child.about(i, patienceMs)
    if (answer !== 'endless') return answer
    child.end()
    child = null
    return answer
  }
  const begun = performance.now()
  const whole = await next(-1)
  patienceMs = Math.max(LEAST_MS, 5 * (performance.now() - begun))
  if (whole !== 'nobody') throw new Error(`${whole} fails with nothing broken`)
  for (const [i, { file, line, what }] of mutants.entries()) {
    const noticed = await next(i)
    results.push(noticed)
    const name = file.slice(root.length + 1)
    if (noticed === 'nobody' || wanted.length > 0) console.log(`${noticed.padEnd(12)} ${name}:${line} ${what}`)
  }
  ;(child as ReturnType<typeof ask> | null)?.end()
  const count = (by: string): string => `${by} ${results.filter((one) => one === by).length}`
  console.log(
    `${mutants.length} mutants, noticed by: ${['conformance', 'simulation', 'endless', 'nobody'].map(count).join(', ')}`,
  )
  process.exitCode = results.includes('nobody') ? 1 : 0
}

function ask() {
  const child = spawn(process.execPath, [import.meta.filename, ...process.argv.slice(2), '--child'], {
    cwd: root,
    stdio: ['pipe', 'pipe', process.env['MUTANTS_DEBUG'] ? 'inherit' : 'ignore'],
  })
  const lines = createInterface({ input: child.stdout })
  const { promise: ended, resolve: end } = Promise.withResolvers<string>()
  child.once('exit', () => end('endless'))
  return {
    about: (i: number, patienceMs: number): Promise<string> => {
      const { promise, resolve } = Promise.withResolvers<string>()
      const read = (line: string): void => {
        if (line.startsWith(`@${i} `)) resolve(line.split(' ')[1] as string)
      }
      lines.on('line', read)
      const timer = setTimeout(() => resolve('endless'), patienceMs)
      child.stdin.write(`${i}\n`)
      return Promise.race([promise, ended]).finally(() => {
        clearTimeout(timer)
        lines.off('line', read)
      })
    },
    end: (): void => void child.kill('SIGKILL'),
  }
}
