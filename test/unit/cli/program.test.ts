import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { messagesFor } from '../../../src/cli/messages/index.ts'
import { callable, programOf, speakingAs } from '../../../src/cli/program.ts'
import { cli, folder } from './support.ts'

describe('what is shown to be typed', () => {
  const checkout = (): string => {
    const root = folder()
    mkdirSync(join(root, 'src'))
    writeFileSync(join(root, 'mqops'), '#!/bin/sh\n')
    return root
  }

  it('is the launcher in a checkout, as it is reached from here', () => {
    const root = checkout()
    const entry = join(root, 'src', 'main.ts')
    expect(programOf(entry, root, '/usr/bin')).toBe('./mqops')
    mkdirSync(join(root, 'a b'))
    expect(programOf(entry, join(root, 'a b'), '/usr/bin')).toBe('../mqops')
    expect(programOf(entry, '/', '/usr/bin')).toBe(`.${root}/mqops`)
  })

  it('is quoted where a shell would take it apart', () => {
    const root = join(folder(), 'a b')
    mkdirSync(join(root, 'src'), { recursive: true })
    writeFileSync(join(root, 'mqops'), '')
    expect(programOf(join(root, 'src', 'main.ts'), join(root, '..'), '')).toBe("'./a b/mqops'")
  })

  it('is the plain name where the PATH leads to the checkout, and when it is installed', () => {
    const root = checkout()
    const bin = folder()
    symlinkSync(join(root, 'mqops'), join(bin, 'mqops'))
    expect(programOf(join(root, 'src', 'main.ts'), root, `/usr/bin:${bin}`)).toBe('mqops')
    expect(programOf(join(root, 'dist', 'mqops.mjs'), root, '')).toBe('mqops')
  })

  it.each([
    ['Next: mqops apply --confirm a', 'Next: ./mqops apply --confirm a'],
    ['See: mqops --help', 'See: ./mqops --help'],
    ['mqops init && mqops apply', './mqops init && ./mqops apply'],
    ['eval "$(mqops connect a --env)"', 'eval "$(./mqops connect a --env)"'],
    ['请运行：mqops resume', '请运行：./mqops resume'],
    ['mqops made it', 'mqops made it'],
    ['mqops planned it', 'mqops planned it'],
    ['/x/mqops apply', '/x/mqops apply'],
    ['see mqops.yaml', 'see mqops.yaml'],
  ])('%j becomes %j', (text, expected) => expect(callable(text, './mqops')).toBe(expected))

  it('holds for a whole catalogue, functions too', () => {
    const m = speakingAs(messagesFor('zh-CN'), './mqops')
    expect(m.next('mqops plan')).toBe('下一步：./mqops plan')
    expect(m.run.leaving).toContain('./mqops resume')
    expect(m.help.commands.plan.examples[0]?.[0]).toBe('./mqops plan')
    expect(m.phrase('Plan again: mqops plan')).toBe('Plan again: ./mqops plan')
  })

  it('in help, and in an error of the line itself', async () => {
    const help = await cli(['plan', '--help'], { program: './mqops' })
    expect(help.out).toContain('\n  ./mqops plan [CLUSTER...] [OPTIONS]\n')
    expect(help.out).not.toMatch(/(?<!\.\/)mqops plan/)
    expect((await cli(['frob'], { program: './mqops' })).err).toContain('See: ./mqops --help')
  })
})
