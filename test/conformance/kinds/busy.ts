import { execFileSync, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../../src/model/json.ts'
import { plainClients } from '../../clients/install.ts'
import type { RealCluster } from '../real.ts'

export type Left = Readonly<Record<string, readonly [value: number, identity: string | null]>>
export type Answer = {
  /** What the tool made last and nobody was asked to take away since. */
  readonly left: Left
  readonly done: number
  readonly refused: number
  readonly read?: Readonly<Record<string, number>>
}

const POLL_MS = 2
const LONGEST_MS = 60_000

/** A foreign tool that stays: it answers before anything else of this process goes on, so that it comes exactly between two steps. */
export class BusyTool {
  readonly #requests: number
  readonly #answers: string
  readonly #ended: Promise<number | null>
  #count = 0

  constructor(cluster: RealCluster, broker: string, connection: unknown) {
    const { python, env, script } = plainClients()
    const requests = join(cluster.folder, 'busy.requests')
    this.#answers = join(cluster.folder, 'busy.answers')
    execFileSync('mkfifo', [requests])
    const out = openSync(this.#answers, 'w')
    const child = spawn(python, [join(script, '../busy.py'), broker, requests], {
      env,
      stdio: ['pipe', out, 'inherit'],
    })
    closeSync(out)
    this.#ended = new Promise((resolve) => child.once('exit', resolve))
    child.stdin?.end(`${JSON.stringify(connection)}\n`)
    this.#requests = openSync(requests, 'r+') // opened both ways: nobody waits for the other to open it
  }

  ask(request: JsonObject): Answer {
    this.#count += 1
    writeSync(this.#requests, `${JSON.stringify(request)}\n`)
    const until = Date.now() + LONGEST_MS
    const wait = new Int32Array(new SharedArrayBuffer(4))
    while (Date.now() < until) {
      const lines = readFileSync(this.#answers, 'utf8').split('\n')
      if (lines.length > this.#count) return JSON.parse(lines[this.#count - 1] as string) as Answer
      Atomics.wait(wait, 0, 0, POLL_MS)
    }
    throw new Error(`the foreign tool did not answer ${JSON.stringify(request)}`)
  }

  async end(): Promise<void> {
    writeSync(this.#requests, '\n')
    closeSync(this.#requests)
    await this.#ended
  }
}
