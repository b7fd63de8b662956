import { join } from 'node:path'
import { MqopsError } from '../../model/failure.ts'
import type { Dict } from '../../model/json.ts'
import { memberKey } from '../../model/member.ts'
import type { Context } from '../../ports/context.ts'
import type { RunResult } from '../../ports/process.ts'
import type { Installation } from '../../ports/runtimes.ts'
import type { LocalCluster, Place } from './cluster.ts'
import { pathsOf } from './cluster.ts'
import { readState } from './files.ts'

/** A command of the distribution, in the folder and with the environment of a member. */
export async function memberCommand(
  cluster: LocalCluster,
  place: Place,
  argv: readonly string[],
  o: { env?: Dict<string>; timeoutMs: number },
  ctx: Context,
): Promise<RunResult> {
  const paths = pathsOf(cluster, place)
  const state = await readState(paths)
  if (!state)
    throw new MqopsError({
      code: 'MQOPS_NOT_BUILT',
      summary: `${memberKey(place)} of ${cluster.spec.name} was never started`,
      hint: 'mqops apply builds it',
    })
  const installation = await needInstallation(cluster, state.software)
  const command = commandLine(installation, argv, o.env ?? state.env, { home: paths.home, path: cluster.path })
  return cluster.processes.run(command.argv, {
    cwd: paths.home,
    env: command.env,
    timeoutMs: o.timeoutMs,
    signal: ctx.signal,
  })
}

export const wanted = (cluster: LocalCluster, software: { name: string; version: string }) => ({
  software: software.name as Installation['software'],
  version: software.version,
  allowPath: cluster.options.allowPath,
})

export async function needInstallation(
  cluster: LocalCluster,
  software: { name: string; version: string },
): Promise<Installation> {
  const found = await cluster.runtimes.installed(wanted(cluster, software))
  if (found) return found
  throw new MqopsError({
    code: 'MQOPS_RUNTIME_MISSING',
    summary: `${software.name} ${software.version} is not installed`,
    hint: 'mqops apply installs it; mqops doctor shows what there is',
  })
}

/**
 * argv[0] is a command of the distribution. `${bin}` and `${runtime:NAME}` stand for its folder and its environment:
 * what is rendered must not depend on where this machine keeps it.
 */
export function commandLine(
  installation: Installation,
  argv: readonly string[],
  env: Dict<string>,
  o: { home: string; path: string },
): { argv: readonly string[]; env: Dict<string> } {
  const place = (text: string): string =>
    text.replaceAll('${bin}', installation.bin).replace(/\$\{runtime:(\w+)\}/g, (_, name: string) => {
      const value = installation.env[name]
      if (value === undefined)
        throw new MqopsError({
          code: 'MQOPS_RUNTIME_BROKEN',
          summary: `the installation of ${installation.software} ${installation.version} says nothing of ${name}`,
          hint: 'install it again: mqops doctor',
        })
      return value
    })
  const [command, ...rest] = argv as [string, ...string[]]
  const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, place(value)]))
  const base = { PATH: `${installation.bin}:${o.path}`, HOME: o.home, LANG: 'C.UTF-8' }
  return { argv: [join(installation.bin, command), ...rest.map(place)], env: { ...base, ...installation.env, ...own } }
}
