import type { Prompts } from './invocation.ts'

/** Ctrl-C at a question is Ctrl-C. */
const interrupted = (): DOMException => new DOMException('', 'AbortError')

/** Questions on standard error, so that standard output stays data. The library is loaded at the first question. */
export const clackPrompts: Prompts = {
  confirm: async (message) => {
    const { confirm, isCancel } = await import('@clack/prompts')
    const answer = await confirm({ message, initialValue: false, active: 'y', inactive: 'N', output: process.stderr })
    if (isCancel(answer)) throw interrupted()
    return answer
  },
  text: async (message) => {
    const { text, isCancel } = await import('@clack/prompts')
    const answer = await text({ message, output: process.stderr })
    if (isCancel(answer)) throw interrupted()
    return answer ?? ''
  },
  choose: async (message, names) => {
    const { multiselect, isCancel } = await import('@clack/prompts')
    const options = names.map((name) => ({ value: name, label: name }))
    const answer = await multiselect({ message, options, initialValues: [...names], output: process.stderr })
    if (isCancel(answer)) throw interrupted()
    return answer
  },
}
