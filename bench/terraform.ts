import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measured, type Took } from './measure.ts'

export type Resource = { readonly type: string; readonly name: string; readonly attributes: Record<string, unknown> }

export type Terraform = {
  /** Writes the blocks, one for each resource. */
  blocks(resources: readonly Resource[]): void
  /** Writes a state as if it had made these, so that a plan of many does not begin with making them one by one. */
  state(resources: readonly Resource[]): void
  plan(): Promise<Took>
  apply(): Promise<Took>
}

/** Terraform (or OpenTofu: BENCH_TERRAFORM) with one provider's program, in a folder of its own. */
export function terraform(
  folder: string,
  provider: { readonly source: string; readonly program: string; readonly settings: Record<string, unknown> },
): Terraform {
  const binary = process.env['BENCH_TERRAFORM'] ?? 'terraform'
  mkdirSync(folder, { recursive: true })
  const [owner, name] = provider.source.split('/') as [string, string]
  const programs = join(provider.program, '..')
  writeFileSync(
    join(folder, 'cli.tfrc'),
    `provider_installation {\n  dev_overrides { "${provider.source}" = "${programs}" }\n  direct {}\n}\n`,
  )
  writeFileSync(
    join(folder, 'provider.tf.json'),
    JSON.stringify({
      terraform: { required_providers: { [name]: { source: provider.source } } },
      provider: { [name]: provider.settings },
    }),
  )
  const env = { TF_CLI_CONFIG_FILE: join(folder, 'cli.tfrc'), CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1' }
  const run = (...args: string[]) =>
    measured([binary, ...args, '-no-color', '-input=false'], { cwd: folder, env, memory: true })
  return {
    blocks: (resources) => {
      const resource: Record<string, Record<string, unknown>> = {}
      for (const { type, name: of, attributes } of resources) {
        const { id: _, ...wanted } = attributes
        const all = (resource[type] ??= {})
        all[of] = wanted
      }
      writeFileSync(join(folder, 'main.tf.json'), JSON.stringify(resources.length === 0 ? {} : { resource }))
    },
    state: (resources) =>
      writeFileSync(
        join(folder, 'terraform.tfstate'),
        JSON.stringify({
          version: 4,
          terraform_version: '1.11.0',
          serial: 1,
          lineage: '00000000-0000-0000-0000-000000000001',
          outputs: {},
          resources: resources.map(({ type, name: of, attributes }) => ({
            mode: 'managed',
            type,
            name: of,
            provider: `provider["registry.terraform.io/${owner.toLowerCase()}/${name}"]`,
            instances: [{ schema_version: type === 'kafka_acl' ? 1 : 0, attributes, sensitive_attributes: [] }],
          })),
        }),
      ),
    plan: async () => {
      const took = await run('plan')
      if (!took.output.includes('No changes.'))
        throw new Error(`terraform plans changes:\n${took.output.slice(0, 2000)}`)
      return took
    },
    apply: () => run('apply', '-auto-approve'),
  }
}
