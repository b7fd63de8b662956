import { chooseClusters } from '../clusters.ts'
import { EXIT, usage } from '../failures.ts'
import { answer, type Invocation, talk } from '../invocation.ts'
import { connectionLines, environmentText } from '../views/connect.ts'

/** Begins a secret in printed text; see printText. */
const REFERENCE = '${secretRef:'

/** How clients reach a cluster. */
export async function run(inv: Invocation): Promise<number> {
  const { options, terminal, m } = inv
  if (options.env && options.properties) throw usage(m.usage.oneOf('--env, --properties'))
  const app = await inv.application()
  const name = inv.args[0] as string
  const [spec] = await chooseClusters(inv, app, [name], 'named')
  if (!spec) throw usage(m.usage.unknownCluster(name))
  const connection = await app.connect(spec, { user: options.user ?? null, secrets: options.showSecrets === true })
  if (options.env) {
    // A shell must not take a reference for a password.
    const shown = Object.entries(connection.environment).filter(
      ([, value]) => options.showSecrets || !value.includes(REFERENCE),
    )
    terminal.out.write(environmentText(Object.fromEntries(shown)))
    if (shown.length < Object.keys(connection.environment).length) talk(inv, [m.connect.hidden])
  } else if (options.properties) terminal.out.write(connection.properties.text)
  else
    await answer(
      inv,
      () => connection,
      () => connectionLines(connection, m),
    )
  return EXIT.done
}
