import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { MqopsError } from '../model/failure.ts'
import type { Dict, Json } from '../model/json.ts'
import { printSecretRef, type SecretRef } from '../model/secret.ts'
import type { Context } from '../ports/context.ts'

/** The real outside: this machine's clock, chance, environment and files. */
export function systemContext(o: {
  signal: AbortSignal
  env: Dict<string | undefined>
  now?: () => number
  log?: (event: string, data: Json) => void
}): Context {
  return {
    signal: o.signal,
    now: o.now ?? Date.now,
    sleep: (ms) => pause(ms, undefined, { signal: o.signal }),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    secret: (reference) => resolveSecret(reference, o.env),
    log: o.log ?? (() => {}),
  }
}

async function resolveSecret(reference: SecretRef, env: Dict<string | undefined>): Promise<string> {
  const { env: name, file } = reference.secretRef
  if (name !== undefined) {
    const value = env[name]
    if (value !== undefined && value !== '') return value
    return missing(reference, `the environment variable ${name} is ${value === '' ? 'empty' : 'not set'}`)
  }
  if (file !== undefined) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) =>
      missing(reference, `can't read ${file}: ${error.code}`),
    )
    const value = text.replace(/\r?\n$/, '')
    return value === '' ? missing(reference, `${file} is empty`) : value
  }
  return missing(reference, `no one here knows ${printSecretRef(reference)}`)
}

function missing(reference: SecretRef, summary: string): never {
  throw new MqopsError({
    code: 'MQOPS_SECRET_MISSING',
    summary,
    detail: `secret ${printSecretRef(reference)}`,
    hint: 'Set it, and run the command again.',
  })
}
