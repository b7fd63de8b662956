// npm run build, for publishing: all of src in one file, dist/main.mjs, and the command that starts it, dist/mqops.mjs. npm
// installs the libraries beside them.
import { build } from 'esbuild'
import { chmodSync, copyFileSync, existsSync, rmSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { basename, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const command = join(dist, 'mqops.mjs')

rmSync(dist, { recursive: true, force: true })
await build({
  entryPoints: [join(root, 'src/main.ts')],
  outfile: join(dist, 'main.mjs'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  packages: 'external',
  sourcemap: 'linked',
  logLevel: 'warning',
})
copyFileSync(join(root, 'scripts/bin.mjs'), command)
chmodSync(command, 0o755)

// What src reads beside itself (import.meta.dirname): in the bundle that is dist.
for await (const file of glob('src/**/*.{sql,txt,json,xml,yaml,html,css,svg}', { cwd: root })) {
  const copy = join(dist, basename(file))
  if (existsSync(copy)) throw new Error(`two files are named ${basename(file)}: all of them lie side by side in dist`)
  copyFileSync(join(root, file), copy)
}
console.log('built dist/mqops.mjs')
