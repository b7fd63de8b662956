import { printAddress } from '../../model/address.ts'
import type { Check } from '../../model/check.ts'
import { escapeControls } from './text.ts'

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
// Characters that XML 1.0 has no way to write, entities included (https://www.w3.org/TR/xml/#charsets).
const NOT_XML = /[\ufffe\uffff]/g
const xml = (text: string): string =>
  escapeControls(text)
    .replace(NOT_XML, '\ufffd')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
const time = (ms: number): string => (ms / 1000).toFixed(3)

/** Checks as JUnit reads them: a suite for each cluster; not ok is a failure, what could not be judged an error. */
export function junitText(checks: readonly Check[], clusters: readonly string[]): string {
  const suites = clusters.map((cluster) =>
    suite(
      cluster,
      checks.filter((check) => check.about.cluster === cluster),
    ),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="mqops verify" ${totals(checks)}>\n${suites.join('')}</testsuites>\n`
}

function totals(checks: readonly Check[]): string {
  const failures = checks.filter((check) => check.ok === false).length
  const errors = checks.filter((check) => check.ok === null).length
  return `tests="${checks.length}" failures="${failures}" errors="${errors}" time="${time(checks.reduce((sum, check) => sum + check.ms, 0))}"`
}

const suite = (cluster: string, checks: readonly Check[]): string =>
  `  <testsuite name="${xml(cluster)}" ${totals(checks)}>\n${checks.map(testcase).join('')}  </testsuite>\n`

function testcase(check: Check): string {
  const head = `    <testcase classname="${xml(printAddress(check.about))}" name="${xml(check.name)}" time="${time(check.ms)}"`
  const evidence = xml(check.evidence)
  if (check.ok === true) return `${head}>\n      <system-out>${evidence}</system-out>\n    </testcase>\n`
  const tag = check.ok === false ? 'failure' : 'error'
  return `${head}>\n      <${tag} message="${evidence}">${evidence}</${tag}>\n    </testcase>\n`
}
