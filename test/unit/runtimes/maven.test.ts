import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mavenRepository, mirrorOf } from '../../../src/runtimes/maven.ts'
import { cacheIn, file, rejection, scratch, sh } from './support/scratch.ts'
import { zip } from './support/zip.ts'

const signal = new AbortController().signal
const mirror = (of: string, url = 'http://mirror.test/maven/') =>
  `<settings><mirrors><mirror><id>m</id><url>${url}</url><mirrorOf>${of}</mirrorOf></mirror></mirrors></settings>`
const server = (user: string, password: string) =>
  `<servers><server><id>m</id><username>${user}</username><password>${password}</password></server></servers>`

/** A Maven whose super POM names a repository, as it is laid out by its distributors. */
async function maven(folder: string): Promise<string> {
  const pom =
    '<project><repositories><repository><id>central</id><url>http://default.test/m2</url></repository></repositories></project>'
  const jar = zip({ 'org/apache/maven/model/pom-4.0.0.xml': pom }, { deflate: true })
  await file(join(folder, 'maven/lib/maven-model-builder-3.9.9.jar'), jar)
  const mvn = await sh(join(folder, 'maven/bin/mvn'), 'exit 1')
  await file(join(folder, 'path/keep'), '')
  await symlink(mvn, join(folder, 'path/mvn'))
  return join(folder, 'path')
}

test('our own setting comes first', async () => {
  const home = scratch()
  await file(join(home, '.m2/settings.xml'), mirror('*'))
  const env = { HOME: home, PATH: await maven(home), MQOPS_MAVEN_REPOSITORY: 'http://own.test/m2/' }
  expect(await mavenRepository(cacheIn(home, env), signal)).toEqual({
    url: 'http://own.test/m2',
    headers: {},
    from: 'MQOPS_MAVEN_REPOSITORY',
  })
})

test('then the user’s mirror', async () => {
  const home = scratch()
  await file(join(home, '.m2/settings.xml'), mirror('central'))
  const found = await mavenRepository(cacheIn(home, { HOME: home, PATH: await maven(home) }), signal)
  expect(found).toEqual({ url: 'http://mirror.test/maven', headers: {}, from: join(home, '.m2/settings.xml') })
})

test('then what Maven itself takes', async () => {
  const home = scratch()
  await file(join(home, '.m2/settings.xml'), mirror('something-else'))
  const found = await mavenRepository(cacheIn(home, { HOME: home, PATH: await maven(home) }), signal)
  expect(found.url).toBe('http://default.test/m2')
})

test('a machine that knows none is told the one setting', async () => {
  const home = scratch()
  const error = await rejection(mavenRepository(cacheIn(home), signal))
  expect(error).toMatchObject({ code: 'MQOPS_RUNTIME_NO_SOURCE' })
  expect(error['hint']).toMatch(/^export MQOPS_MAVEN_REPOSITORY=/)
})

test.each([
  ['*', true],
  ['external:*', true],
  ['central', true],
  ['other, central', true],
  ['*,!central', false],
  ['other', false],
])('a mirror of %s is ours: %s', (of, ours) => expect(mirrorOf(mirror(of), {}) !== undefined).toBe(ours))

test('a mirror’s login goes into a header, never into the address', () => {
  const text = mirror('*').replace('</settings>', `${server('ann', '${env.SECRET}')}</settings>`)
  const authorization = `Basic ${Buffer.from('ann:s3').toString('base64')}`
  expect(mirrorOf(text, { SECRET: 's3' })).toEqual({ url: 'http://mirror.test/maven', headers: { authorization } })
  expect(mirrorOf(mirror('*', 'http://ann:s3@mirror.test/maven'), {})).toEqual({
    url: 'http://mirror.test/maven',
    headers: { authorization },
  })
})

test('an encrypted password is not sent as it stands', () => {
  const text = mirror('*').replace('</settings>', `${server('ann', '{COQLCE6DU6GtcS5P=}')}</settings>`)
  expect(mirrorOf(text, {})?.headers).toEqual({})
})

test('what is commented out does not count', () => {
  expect(mirrorOf(`<!-- ${mirror('*')} -->`, {})).toBeUndefined()
})
