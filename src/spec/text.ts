import type { Failure } from '../model/failure.ts'
import { printable } from './print.ts'
import type { SpecText } from './spec-text.ts'
import { lineStartsOf, positionIn } from './source.ts'

/** A file of the spec. `name` as the user wrote it, for messages; `folder` absolute: relative paths stand against it. */
export type SpecFile = { readonly name: string; readonly folder: string; readonly bytes: Uint8Array }

export type { SpecText } from './spec-text.ts'

export const MAX_FILE_BYTES = 10 * 1024 ** 2

/** The file's text, or why it is none: too large, not UTF-8, characters that YAML 1.2 (section 5.1) does not allow. */
export function readText(file: SpecFile, order: number, most = MAX_FILE_BYTES): SpecText | Failure {
  const { bytes } = file
  const name = printable(file.name)
  if (bytes.length > most) {
    const size = `${(bytes.length / 1024 ** 2).toFixed(1)} MiB`
    return failure(
      file,
      'MQOPS_SPEC_TOO_LARGE',
      `${name} is too large: ${size}, at most ${most / 1024 ** 2} MiB are read`,
      {
        hint: 'split it into several files: mqops takes -f more than once, and folders',
      },
    )
  }
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'UTF-16LE' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'UTF-16BE' : null
  if (utf16 !== null) {
    return failure(file, 'MQOPS_SPEC_ENCODING', `${name} is ${utf16} (byte order mark at byte 0), not UTF-8`, {
      hint: 'save it as UTF-8',
    })
  }
  const text = decode(bytes)
  if (typeof text === 'number') {
    const hex = (bytes[text] as number).toString(16).toUpperCase().padStart(2, '0')
    const before = new TextDecoder().decode(bytes.subarray(0, text))
    return failure(file, 'MQOPS_SPEC_ENCODING', `${name} is not UTF-8: byte 0x${hex} at byte position ${text}`, {
      hint: 'save it as UTF-8',
      before,
    })
  }
  // oxlint-disable-next-line no-control-regex
  const forbidden = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]/.exec(text)
  if (forbidden) {
    const before = text.slice(0, forbidden.index)
    const point = forbidden[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    const what = forbidden[0] === '\0' ? 'a NUL byte' : `the control character U+${point}`
    const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
    const position = new TextEncoder().encode(before).length + mark
    return failure(file, 'MQOPS_SPEC_ENCODING', `${name} holds ${what} at byte position ${position}`, {
      hint: 'is it a text file? In double quotes YAML writes such characters as \\x00',
      before,
    })
  }
  return { name: file.name, folder: file.folder, text, order }
}

/** The text without its byte order mark, or the position of the first byte that is not UTF-8. */
function decode(bytes: Uint8Array): string | number {
  if (isUtf8(bytes, false)) return new TextDecoder().decode(bytes)
  // TextDecoder does not say where: the longest prefix that may go on, without the sequence that it leaves open.
  let [good, bad] = [0, bytes.length + 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (isUtf8(bytes.subarray(0, middle), true)) good = middle
    else bad = middle
  }
  while (!isUtf8(bytes.subarray(0, good), false)) good -= 1
  return good
}

/** `open`: it may end inside a character. */
function isUtf8(bytes: Uint8Array, open: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: open })
    return true
  } catch {
    return false
  }
}

function failure(file: SpecFile, code: string, summary: string, more: { hint: string; before?: string }): Failure {
  const at =
    more.before === undefined ? { line: 1, column: 1 } : positionIn(lineStartsOf(more.before), more.before.length)
  return { code, summary, hint: more.hint, source: { file: file.name, ...at }, retryable: false }
}
