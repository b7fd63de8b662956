import { exitFor, EXIT } from '../failures.ts'
import { answer, type Invocation, isMachine, reportFailures } from '../invocation.ts'
import { failuresJson } from '../views/json.ts'
import { table } from '../views/table.ts'
import { paint } from '../views/text.ts'

/** Reads the spec; asks no broker. */
export async function run(inv: Invocation): Promise<number> {
  const { m } = inv
  const { clusters, failures } = await (await inv.application()).load(inv.options.file ?? [])
  const document = () => ({
    valid: failures.length === 0,
    clusters: clusters.map(({ name, broker, version, target }) => ({ name, broker, version, target: target.name })),
    ...failuresJson(failures),
  })
  if (failures.length > 0) {
    if (isMachine(inv)) await answer(inv, document, () => [])
    else {
      const [first, ...rest] = failures
      for (const failure of [first, ...rest])
        if (failure) reportFailures(inv, Object.assign(new Error(failure.summary), { failure }))
      inv.terminal.err.write(`\n${m.validate.invalid(failures.length)}\n`)
    }
    return exitFor(failures)
  }
  await answer(inv, document, () => [
    [paint('green', m.validate.valid(clusters.length))],
    '',
    ...table(
      [{ title: m.status.cluster }, { title: m.status.broker }, { title: m.status.target }],
      clusters.map((spec) => [spec.name, `${spec.broker} ${spec.version}`, spec.target.name]),
      inv.style,
    ),
  ])
  return EXIT.done
}
