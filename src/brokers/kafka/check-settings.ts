import type { Dict } from '../../model/json.ts'
import type { Problem } from '../../model/spec.ts'
import { problemOf, type Scalar, type Setting } from './settings.ts'
import { closest } from './suggest.ts'

export type Path = readonly (string | number)[]
export const problem = (path: Path, code: string, message: string, hint?: string): Problem => ({
  path,
  code: `MQOPS_SPEC_${code}`,
  message,
  ...(hint === undefined ? {} : { hint }),
})

/** Is it in the table, and a value that it takes? */
export function checkSetting(
  path: Path,
  name: string,
  value: Scalar,
  table: Dict<Setting>,
  what: string,
): readonly Problem[] {
  const setting = table[name]
  if (!setting) {
    const near = closest(name, Object.keys(table))
    return [
      problem(
        path,
        'UNKNOWN_KEY',
        `Kafka has no ${what} setting "${name}"`,
        near === null ? undefined : `Did you mean ${near}?`,
      ),
    ]
  }
  const wrong = problemOf(setting, value)
  return wrong === null ? [] : [problem(path, 'VALUE', `${name} ${wrong}`)]
}
