import type { Dict } from '../../model/json.ts'
import { lines, type Text } from '../../model/secret.ts'
import type { Scalar } from './settings.ts'

/**
 * One line of a Java properties file, read back as it was by java.util.Properties: it takes ISO 8859-1 and wants
 * backslashes, leading blanks and everything else escaped.
 */
export const propertyLine = (name: string, value: Scalar): string => `${escapeName(name)}=${escapeValue(String(value))}`

const escapeCharacters = (text: string): string =>
  text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

const escapeName = (name: string): string => escapeCharacters(name).replace(/[ :=#!]/g, '\\$&')
const escapeValue = (value: string): string => escapeCharacters(value).replace(/^ /, '\\ ')

/** Groups of settings, each under a comment. */
export const propertiesText = (groups: readonly (readonly [string, Dict<Scalar>])[]): Text =>
  lines(
    ...groups.flatMap(([comment, settings], i) => [
      ...(i === 0 ? [] : ['']),
      `# ${comment}`,
      ...Object.entries(settings).map(([name, value]) => propertyLine(name, value)),
    ]),
  )
