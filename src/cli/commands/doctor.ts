import { accessSync, constants, existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { freemem } from 'node:os'
import { dirname } from 'node:path'
import { describeError } from '../../model/failure.ts'
import type { RuntimeReport } from '../../ports/runtimes.ts'
import { EXIT } from '../failures.ts'
import { answer, type Invocation } from '../invocation.ts'
import type { Messages } from '../messages/index.ts'
import { doctorLines, type Finding, isWell } from '../views/doctor.ts'
import { bytes } from '../views/units.ts'
import { installSoftware, wishOf } from '../installing.ts'

const NODE = '24.15.0'
/** Distributions, and the data of a small cluster. */
const DISK = 2 * 1024 ** 3

/** What this machine has and lacks; 1 when something is missing or broken. */
export async function run(inv: Invocation): Promise<number> {
  const { m } = inv
  const app = await inv.application()
  if (inv.options.install) return await installSoftware(inv, app)
  const named = inv.args.map((arg) => wishOf(arg, app, m).software)
  const findings = [
    nodeFinding(process.versions.node, m),
    stateFinding(app.stateFolder, m),
    await diskFinding(app.stateFolder, m),
    { name: m.doctor.memory, state: 'note', evidence: m.doctor.memorySeen(bytes(freemem())) } satisfies Finding,
    ...(await app.runtimes.report({ whole: true }))
      .filter((report) => named.length === 0 || named.some((name) => name === report.software))
      .map((report) => runtimeFinding(report, m)),
  ]
  await answer(
    inv,
    () => ({ well: isWell(findings), findings }),
    () => doctorLines(findings, inv.style, m),
  )
  return isWell(findings) ? EXIT.done : EXIT.failed
}

/** Both as 'major.minor.patch'. */
export function atLeast(version: string, wanted: string): boolean {
  const [a, b] = [version, wanted].map((text) => text.split('.').map(Number)) as [number[], number[]]
  for (let i = 0; i < 3; i++) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0)
  return true
}

export const nodeFinding = (version: string, m: Messages): Finding =>
  atLeast(version, NODE)
    ? { name: m.doctor.node, state: 'ok', evidence: version }
    : { name: m.doctor.node, state: 'broken', evidence: m.doctor.nodeOld(version, NODE), mend: m.doctor.nodeMend(NODE) }

/** The nearest folder that exists: the state folder itself is made at first use. */
function existing(folder: string): string {
  for (let at = folder; ; at = dirname(at)) if (existsSync(at) || at === dirname(at)) return at
}

function stateFinding(folder: string, m: Messages): Finding {
  const d = m.doctor
  try {
    accessSync(existing(folder), constants.W_OK | constants.X_OK)
    return { name: d.state, state: 'ok', evidence: d.stateOk(folder) }
  } catch (error) {
    return {
      name: d.state,
      state: 'broken',
      evidence: d.stateBad(folder, describeError(error)),
      mend: d.stateMend(folder),
    }
  }
}

async function diskFinding(folder: string, m: Messages): Promise<Finding> {
  const d = m.doctor
  try {
    const disk = await statfs(existing(folder))
    const free = disk.bavail * disk.bsize
    const evidence = d.diskSeen(bytes(free), existing(folder))
    return free >= DISK
      ? { name: d.disk, state: 'ok', evidence }
      : { name: d.disk, state: 'broken', evidence, mend: d.diskMend(bytes(DISK)) }
  } catch (error) {
    return { name: d.disk, state: 'broken', evidence: describeError(error), mend: d.diskMend(bytes(DISK)) }
  }
}

export function runtimeFinding(report: RuntimeReport, m: Messages): Finding {
  const name = `${report.software} ${report.version}`.trim()
  const mend = report.mend === undefined ? {} : { mend: report.mend }
  if (report.state === 'broken') return { name, state: 'broken', evidence: report.problem ?? m.doctor.broken, ...mend }
  if (report.state === 'available') return { name, state: 'available', evidence: m.doctor.available, ...mend }
  if (report.state === 'missing')
    return { name, state: 'missing', evidence: report.problem ?? m.doctor.missing, ...mend }
  const evidence = m.doctor.installed(
    report.from ?? report.state,
    report.bytes === undefined ? '' : bytes(report.bytes),
  )
  return { name, state: 'ok', evidence, ...mend }
}
