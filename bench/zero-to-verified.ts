import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { KAFKA, NATS, RABBITMQ } from '../test/e2e/clusters.ts'
import { median, timed } from './measure.ts'

const ROOT = resolve(import.meta.dirname, '..')
const RUNS = 3

type Server = {
  readonly name: string
  readonly cwd: string
  readonly argv: readonly string[]
  readonly env: readonly string[]
}

/**
 * Three clusters, nine members, warm cache: `mqops apply` (plan, certificates, start, resources, verify) against a bare
 * shell script that starts the same nine servers with the same flags on the same files and waits for health.
 */
export async function zeroToVerified(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mqops-bench-'))
  const mqops = (...args: string[]) => timed([join(ROOT, 'mqops'), ...args], { cwd: folder })
  const names = ['e2e-kafka', 'e2e-nats', 'e2e-rabbitmq']
  const destroy = () => mqops('destroy', '--yes', ...names.flatMap((name) => ['--confirm', name]))
  writeFileSync(join(folder, 'mqops.yaml'), [KAFKA(), NATS(), RABBITMQ()].join('---\n'))
  const ours: number[] = []
  const bare: number[] = []
  let memory = 0
  try {
    await mqops('apply', '--yes')
    await destroy()
    for (let i = 0; i < RUNS; i++) {
      ours.push(await mqops('apply', '--yes'))
      const servers = serversOf(folder)
      memory = Math.max(memory, residentOf(folder))
      const script = join(folder, 'bare.sh')
      await mqops('stop', '--yes')
      emptyData(folder)
      writeFileSync(script, bareScript(servers))
      bare.push(await timed(['bash', script], { cwd: folder }))
      end(folder)
      rmSync(join(folder, '.mqops-local'), { recursive: true })
      rmSync(join(folder, '.mqops'), { recursive: true, force: true })
    }
  } finally {
    end(folder)
    rmSync(folder, { recursive: true, force: true })
  }
  console.log(
    `runs, s: bare ${bare.map((s) => s.toFixed(1)).join(' ')}, mqops ${ours.map((s) => s.toFixed(1)).join(' ')}`,
  )
  const [a, b] = [median(bare), median(ours)]
  return `| | s |\n|---|---|\n| bare shell script: nine servers, waits for health | ${a.toFixed(1)} |\n| \`mqops apply\`: nothing to verified | ${b.toFixed(1)} |\n| ratio (goal 1.25) | ${(b / a).toFixed(2)} |\n\nMemory of the nine members: ${Math.round(memory / 2 ** 20)} MiB resident. Medians of ${RUNS}.\n`
}

const read = (pid: string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
const ownPids = (folder: string) =>
  readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid && read(pid, 'environ').includes(folder),
  )
const leads = (pid: string) => read(pid, 'stat').split(') ')[1]?.split(' ')[3] === pid

/** The very command lines, folders and environments that mqops started the members with, as the kernel has them. */
function serversOf(folder: string): readonly Server[] {
  return ownPids(folder)
    .filter(leads)
    .map((pid) => ({
      name: pid,
      cwd:
        read(pid, 'environ')
          .split('\0')
          .find((v) => v.startsWith('PWD='))
          ?.slice(4) ?? folder,
      argv: read(pid, 'cmdline').split('\0').slice(0, -1),
      env: read(pid, 'environ')
        .split('\0')
        .filter((v) => v !== '' && !v.startsWith('PWD=')),
    }))
    .filter((server) => /nats-server|kafka\.Kafka|beam\.smp/.test(server.argv.join(' ')))
}

const residentOf = (folder: string): number =>
  ownPids(folder).reduce((sum, pid) => sum + 1024 * Number(/VmRSS:\s+(\d+)/.exec(read(pid, 'status'))?.[1] ?? 0), 0)

/** What a new member finds: nothing but what must be there before the first start (Kafka's `meta.properties`). */
function emptyData(folder: string): void {
  for (const part of globSync(join(folder, '.mqops-local/*/members/*/{data,logs}')))
    for (const entry of readdirSync(part))
      if (entry !== 'meta.properties') rmSync(join(part, entry), { recursive: true })
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** Starts each server in a session of its own, then waits until every client port takes a TLS or TCP connection. */
function bareScript(servers: readonly Server[]): string {
  const starts = servers.map(
    (s) =>
      `(cd ${quote(s.cwd)} && exec setsid env -i ${s.env.map(quote).join(' ')} ${s.argv.map(quote).join(' ')} >bare.log 2>&1) &`,
  )
  const ports = servers.flatMap((s) => portsOf(s.cwd))
  const waits = ports.map((port) => `until (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null; do sleep 0.1; done`)
  return `#!/bin/bash\n${starts.join('\n')}\n${waits.join('\n')}\n`
}

/** Client ports, from the members' own files. */
function portsOf(home: string): readonly string[] {
  for (const [file, pattern] of [
    ['server.properties', /CLIENT:\/\/[\d.]+:(\d+)/],
    ['nats.conf', /^\s*"?port"?\s*[:=]?\s*(\d+)/m],
    ['rabbitmq.conf', /^listeners\.ssl\.\w+ = [\d.]+:(\d+)/m],
  ] as const) {
    try {
      const port = pattern.exec(readFileSync(join(home, file), 'utf8'))?.[1]
      if (port) return [port]
    } catch {
      // not this broker's member
    }
  }
  return []
}

function end(folder: string): void {
  for (let pids = ownPids(folder); pids.length > 0; pids = ownPids(folder))
    for (const pid of pids) {
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // it ended meanwhile
      }
    }
}
