import { readFile, writeFile } from 'node:fs/promises'
import { statSync } from 'node:fs'
import { describeError, MqopsError } from '../model/failure.ts'
import type { Invocation } from './invocation.ts'

/** Files that the command line itself writes and reads: plans, specs to begin with. */

const errno = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** Only for its owner: a plan tells how things are built. `exclusive`: an existing file is left alone, MQOPS_FILE_EXISTS. */
export async function writeText(
  inv: Invocation,
  file: string,
  text: string,
  o: { exclusive?: boolean; mode?: number } = {},
): Promise<void> {
  try {
    await writeFile(file, text, { flag: o.exclusive ? 'wx' : 'w', mode: o.mode ?? 0o600 })
  } catch (error) {
    if (errno(error) === 'EEXIST')
      throw new MqopsError({ code: 'MQOPS_FILE_EXISTS', summary: inv.m.init.exists(file), hint: inv.m.init.existsHint })
    throw new MqopsError({
      code: errno(error) === 'ENOSPC' ? 'MQOPS_DISK_FULL' : 'MQOPS_FILE',
      summary: inv.m.init.cannotWrite(file, describeError(error)),
    })
  }
}

/** Limit of a plan file: 10,000 topics are some 20 MB. */
const LARGEST = 256 * 1024 ** 2

export async function readText(inv: Invocation, file: string): Promise<string> {
  try {
    const { size } = statSync(file)
    if (size > LARGEST) throw new Error(`${size} bytes`)
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new MqopsError({ code: 'MQOPS_FILE', summary: inv.m.init.cannotRead(file, describeError(error)) })
  }
}

export const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
