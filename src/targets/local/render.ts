import type { Dict } from '../../model/json.ts'
import type { NodeSpec } from '../../model/member.ts'
import { memberKey } from '../../model/member.ts'
import { printText } from '../../model/secret.ts'

const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** The command that runs a member, for people: `${bin}` is the folder of the distribution's commands. */
function command(node: NodeSpec): string {
  const env = Object.entries(node.env).map(([name, value]) => `${name}=${quote(value)} \\\n  `)
  return `# ${node.name}: ${node.software.name} ${node.software.version}, ends with ${node.stopSignal} within ${node.stopGraceMs / 1000} s\n${env.join('')}${node.argv.map(quote).join(' ')}\n`
}

/** Paths relative to the cluster's folder, secrets as references. */
export function renderNodes(nodes: readonly NodeSpec[]): Dict<string> {
  return Object.fromEntries(
    nodes.flatMap((node): [string, string][] => {
      const home = `members/${memberKey(node.member)}`
      return [
        ...Object.entries(node.files).map(([name, file]): [string, string] => [
          `${home}/${name}`,
          printText(file.text),
        ]),
        [`${home}/command`, command(node)],
      ]
    }),
  )
}
