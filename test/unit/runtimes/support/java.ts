import { join } from 'node:path'
import { file, sh } from './scratch.ts'

/** A Java that prints its pid, its arguments, or what its `body` says; its release file tells the version. */
export async function fakeJava(
  home: string,
  version: string,
  body = 'echo "pid $$"; printf "%s\\n" "$@"',
): Promise<string> {
  await file(join(home, 'release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${version}"\n`)
  return await sh(join(home, 'bin/java'), body)
}
