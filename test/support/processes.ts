import { readdirSync, readFileSync } from 'node:fs'

/** Every process of this machine whose command line, folder or environment names the folder: read from the kernel. */
export function processesOf(folder: string): readonly { pid: number; leads: boolean; command: string }[] {
  const found = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8')
      if ((command.includes(folder) || environment.includes(folder)) && !command.includes('vitest'))
        found.push({
          pid: Number(name),
          leads: readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[3] === name, // its session
          command,
        })
    } catch {
      // ended while we looked
    }
  }
  return found
}
