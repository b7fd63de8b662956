import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { onPath, realPath, run } from './process.ts'
import type { Installation } from './types.ts'
import { fits } from './versions.ts'

const PACKAGED = '/usr/lib/rabbitmq/lib'

/** The machine's own RabbitMQ; its scripts under the wrappers, which would change the user. null: none that fits. */
export async function rabbitmqOnPath(
  env: NodeJS.ProcessEnv,
  wish: string,
  signal: AbortSignal,
): Promise<Installation | null> {
  const path = onPath('rabbitmq-server', env)
  if (path === undefined) return null
  const packaged = (await readdir(PACKAGED).catch(() => [])).filter((n) => n.startsWith('rabbitmq_server-'))
  for (const home of [dirname(dirname(realPath(path))), ...packaged.map((n) => join(PACKAGED, n))]) {
    const plugins = await readdir(join(home, 'plugins')).catch(() => [])
    const version = plugins.map((n) => /^rabbit-(\d+\.\d+\.\d+)/.exec(n)?.[1]).find((v) => v !== undefined)
    if (version === undefined || !fits(version, wish)) continue
    const ssl = await sslEbin(env, signal)
    return {
      software: 'rabbitmq',
      version,
      from: `PATH: ${path}`,
      bin: join(home, 'sbin'),
      env: {
        RABBITMQ_HOME: home,
        RUNNING_UNDER_SYSTEMD: 'true',
        ...(ssl === '' ? {} : { MQOPS_ERLANG_SSL_EBIN: ssl }),
      },
    }
  }
  return null
}

async function sslEbin(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  const ask = 'io:format("~s", [code:lib_dir(ssl)]), halt().'
  const { stdout, code } = await run('erl', ['-noshell', '-eval', ask], { env, signal, timeoutMs: 20_000 })
  return code === 0 && stdout.startsWith('/') ? join(stdout.trim(), 'ebin') : ''
}
