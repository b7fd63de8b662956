import { join } from 'node:path'
import { expect, test } from 'vitest'
import { debianSource } from '../../../src/runtimes/apt-sources.ts'
import { file, scratch } from './support/scratch.ts'

async function etc(files: Record<string, string>, release = 'ID=debian\nVERSION_CODENAME=bookworm\n'): Promise<string> {
  const folder = scratch()
  await file(join(folder, 'os-release'), release)
  for (const [name, content] of Object.entries(files)) await file(join(folder, 'apt', name), content)
  return folder
}

const DEB822 = `Types: deb
# a comment
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /keys/debian.gpg

Types: deb
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
`

test('the deb822 style', async () => {
  const at = await etc({ 'sources.list.d/debian.sources': DEB822 })
  expect(await debianSource({}, at)).toEqual({
    uri: 'http://mirror.test/debian',
    keyring: '/keys/debian.gpg',
    codename: 'bookworm',
  })
})

test('the one-line style', async () => {
  const list =
    '# deb http://no.test/x bookworm main\ndeb [arch=amd64 signed-by=/k.gpg] https://mirror.test/d bookworm contrib main # x\n'
  expect(await debianSource({}, await etc({ 'sources.list': list }))).toMatchObject({
    uri: 'https://mirror.test/d',
    keyring: '/k.gpg',
  })
})

test('other people’s archives and switched-off ones are passed over', async () => {
  const at = await etc({
    'sources.list': 'deb http://vendor.test/apt vendor-bookworm main\ndeb-src http://src.test/debian bookworm main\n',
    'sources.list.d/a.sources': DEB822.replace('Types: deb', 'Types: deb\nEnabled: no'),
    'sources.list.d/a.list': 'deb http://contrib.test/debian bookworm contrib\n',
    'sources.list.d/b.list': 'deb cdrom:[x]/ bookworm main\n',
    'sources.list.d/c.save': 'deb http://old.test/debian bookworm main\n',
  })
  expect(await debianSource({}, at)).toBeUndefined()
})

test('another distribution is no Debian', async () => {
  const at = await etc(
    { 'sources.list': 'deb http://x.test/ubuntu noble main\n' },
    'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n',
  )
  expect(await debianSource({}, at)).toBeUndefined()
})

test('our own setting comes first', async () => {
  const at = await etc({ 'sources.list.d/debian.sources': DEB822 })
  expect(await debianSource({ MQOPS_DEBIAN_MIRROR: 'http://own.test/debian' }, at)).toMatchObject({
    uri: 'http://own.test/debian',
  })
})
