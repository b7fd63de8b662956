// Makes the checkout ready, then runs a script of it with the pinned Node:
//
//   node scripts/bootstrap.mjs [SCRIPT [ARG…]]   SCRIPT is relative to the repository, the working directory is kept
//   node scripts/bootstrap.mjs --stamp           only note that node_modules fits (npm runs this after an install)
//
// Plain JavaScript without dependencies: this is what runs before anything is installed, on Node 20 or newer.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { constants, hostname } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lockfile = join(root, 'package-lock.json')
const stamp = join(root, 'node_modules', '.mqops-stamp') // ./mqops compares its time with the lockfile's
const pinned = join(root, 'node_modules', 'node', 'bin', 'node')
const mutex = join(root, '.mqops-bootstrap.lock')
const MUTEX_STALE_MS = 15 * 60_000 // a holder on another host, whose pid says nothing here
const MUTEX_POLL_MS = 200
const KEPT_OUTPUT = 20_000

const say = (text) => process.stderr.write(`mqops: ${text}\n`)
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms))
const digest = () => createHash('sha256').update(readFileSync(lockfile)).digest('hex')
const fits = () => existsSync(pinned) && read(stamp) === digest()

const writeStamp = () => {
  if (existsSync(pinned)) writeFileSync(stamp, digest())
}

/** What npm and its install scripts run with: never the Node inside the node_modules that npm is about to replace. */
const outerPath = () =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !resolve(entry).startsWith(join(root, 'node_modules')))
    .join(delimiter)

const isStale = (holder, ageMs) => {
  const [host, pid] = holder.split(' ')
  if (host !== hostname()) return ageMs > MUTEX_STALE_MS
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

/** Moved away before it is judged again, so that of several waiters only one drops it, and never a fresh lock. */
function dropStaleMutex() {
  const aside = `${mutex}.${process.pid}`
  try {
    const holder = read(mutex)
    if (!isStale(holder, Date.now() - statSync(mutex).mtimeMs)) return false
    renameSync(mutex, aside)
    if (read(aside) !== holder) linkSync(aside, mutex)
    return true
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EEXIST') return true // released or taken since we looked
    throw error
  } finally {
    rmSync(aside, { force: true })
  }
}

/** One installation at a time; the lock of a process that died is taken over. */
async function takeMutex() {
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(mutex, `${hostname()} ${process.pid}`, { flag: 'wx' })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (dropStaleMutex()) continue
    if (!waited) say('waiting for another installation of the dependencies')
    await sleep(MUTEX_POLL_MS)
  }
}

/** Runs npm ci quietly; resolves to its last output when it failed, to null when it worked. */
const npmCi = () =>
  new Promise((done) => {
    const env = { ...process.env, PATH: outerPath() }
    const child = spawn(
      'npm',
      ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
      {
        cwd: root,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    // Ended together: an npm that goes on alone would meet the next one in the same node_modules.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => child.kill(signal))
    let output = ''
    const keep = (chunk) => (output = (output + chunk).slice(-KEPT_OUTPUT))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) =>
      done(`npm could not be started (${error.message}). Node.js comes with it: https://nodejs.org`),
    )
    child.on('close', (code, signal) =>
      done(code === 0 ? null : `${output.trimEnd()}\nnpm ci ended with ${signal ?? code}`),
    )
  })

async function install() {
  await takeMutex()
  try {
    if (fits()) return // somebody else did it while we waited
    say('installing dependencies (npm ci), this happens once')
    rmSync(stamp, { force: true }) // a crash from here on leaves no stamp
    const problem = await npmCi()
    if (problem === null && existsSync(pinned)) return writeStamp()
    say(
      `the dependencies could not be installed:\n\n${problem ?? `npm ci left no ${pinned}; are its install scripts switched off?`}\n`,
    )
    say('mend what npm complains about (network, proxy, disk, permissions) and run the same command again')
    process.exitCode = 1
  } finally {
    rmSync(mutex, { force: true })
  }
}

/** The pinned Node in place of this process where Node can do that, else as a child with signals and exit code passed on. */
function run(script, args) {
  const argv = [resolve(root, script), ...args]
  if (process.execve && process.platform !== 'win32') process.execve(pinned, [pinned, ...argv], process.env)
  const child = spawn(pinned, argv, { stdio: 'inherit' })
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  // A terminal's Ctrl-C reaches the child by itself; passing it on would make it two, and two mean "leave at once".
  for (const signal of ['SIGINT', 'SIGQUIT']) process.on(signal, () => atTerminal || child.kill(signal))
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    say(`${pinned} could not be started: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

const [script, ...args] = process.argv.slice(2)
if (script === '--stamp') {
  writeStamp()
} else {
  if (!fits()) await install()
  else if (statSync(stamp).mtimeMs <= statSync(lockfile).mtimeMs) utimesSync(stamp, new Date(), new Date()) // same lockfile, checked out again
  if (script && !process.exitCode) run(script, args)
}
