#!/usr/bin/env node
// The published command. Runs on any Node, to say which one is needed before anything is loaded that an older one lacks.
import { readFileSync } from 'node:fs'

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const [major, minor] = engines.node.match(/\d+/g).map(Number)
const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number)
if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) await import('./main.mjs')
else {
  process.stderr.write(
    `mqops: needs Node.js ${major}.${minor} or newer, this is ${process.versions.node}. Install it, for example: npm install --global node@${major}\n`,
  )
  process.exitCode = 1
}
