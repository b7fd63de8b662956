import { printSecretRef, isSecretRef } from '../../model/secret.ts'
import type { Connection } from '../application.ts'
import type { Messages } from '../messages/index.ts'
import { bold, dim, type Line } from './text.ts'
import { shellWord } from './units.ts'

export const passwordText = (password: Connection['password']): string =>
  isSecretRef(password) ? `(${printSecretRef(password)})` : typeof password === 'string' ? password : '-'

/** How to reach a cluster, in rows of name and value. */
export function connectionLines(connection: Connection, m: Messages): readonly Line[] {
  const c = m.connect
  const rows: readonly (readonly [string, string | null])[] = [
    [c.endpoints, connection.endpoints.join(',')],
    [c.user, connection.username],
    [c.password, passwordText(connection.password)],
    [c.ca, connection.caFile],
    [c.management, connection.managementUrl],
  ]
  const hidden = isSecretRef(connection.password)
  return [
    [bold(connection.cluster), ` (${connection.broker})`],
    ...rows.flatMap(([name, value]) => (value === null ? [] : [[dim(`  ${name} `), value]])),
    '',
    [dim(c.forClients(connection.properties.file))],
    [dim(c.forShells)],
    ...(hidden ? [[dim(c.hidden)]] : []),
  ]
}

/** `export NAME='value'` for each variable: what a POSIX shell evaluates. */
export const environmentText = (environment: Readonly<Record<string, string>>): string =>
  Object.entries(environment)
    .map(([name, value]) => `export ${name}=${shellWord(value)}\n`)
    .join('')
