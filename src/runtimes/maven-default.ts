import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { downloadByApt, openSuite } from './apt.ts'
import type { Cache } from './cache.ts'
import { onPath, realPath, run } from './process.ts'
import { readFromZip } from './zip.ts'

/** Maven's super POM, which names its default repository: from the Maven on PATH, else out of Debian's package of it. */
export async function superPom(cache: Cache, signal: AbortSignal): Promise<string | undefined> {
  const mvn = onPath('mvn', cache.env)
  const own = mvn && (await superPomIn(join(dirname(realPath(mvn)), '..', 'lib')))
  return own ?? (await superPomFromApt(cache, signal).catch(() => undefined))
}

async function superPomIn(lib: string): Promise<string | undefined> {
  const names = await readdir(lib).catch(() => [])
  for (const name of names.filter((n) => /^maven3?-model-builder.*\.jar$/.test(n))) {
    const pom = await readFromZip(join(lib, name), 'org/apache/maven/model/pom-4.0.0.xml').catch(() => undefined)
    if (pom !== undefined) return pom.toString('utf8')
  }
  return undefined
}

async function superPomFromApt(cache: Cache, signal: AbortSignal): Promise<string | undefined> {
  await mkdir(cache.root, { recursive: true })
  const scratch = await mkdtemp(join(cache.root, 'maven-'))
  try {
    const apt = await openSuite(undefined, join(scratch, 'apt'), cache.env, signal)
    const [deb] = await downloadByApt(apt, ['libmaven3-core-java'], join(scratch, 'debs'))
    if (deb === undefined) return undefined
    await run('dpkg-deb', ['-x', deb, join(scratch, 'x')], { env: cache.env, signal, diskPath: scratch })
    return await superPomIn(join(scratch, 'x/usr/share/java'))
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
