import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const page = (name: string): string => readFileSync(join(ROOT, name), 'utf8')
const [english, chinese] = [page('README.md'), page('README.zh-CN.md')]

/** What any translation has in the same order: how the page is built, and what is typed. */
function skeleton(text: string) {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, '')
  return {
    headings: [...prose.matchAll(/^(#+) /gm)].map(([, level]) => level),
    bullets: [...prose.matchAll(/^- /gm)].length,
    paragraphs: prose.split(/\n\n+/).length,
    /** Comments in code are translated. */
    code: [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => [
      language,
      language === '' ? body.split('\n').length : body.replaceAll(/ *#.*$/gm, ''),
    ]),
    links: [...prose.matchAll(/\]\(([^)]+)\)/g)].map(([, to]) => to).slice(1),
    said: [...prose.matchAll(/`([^`]+)`/g)].map(([, code]) => code).toSorted(),
  }
}

test('README.zh-CN.md says what README.md says, section by section', () => {
  expect(skeleton(chinese)).toEqual(skeleton(english))
})

test.each([english, chinese])('its links lead somewhere', (text) => {
  const files = skeleton(text).links.flatMap((to) => (to === undefined || to.startsWith('http') ? [] : [to]))
  expect(files.filter((to) => !existsSync(join(ROOT, to)))).toEqual([])
})
