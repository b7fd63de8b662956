import type { Broker } from '../ports/broker.ts'
import { API_VERSION } from './schema.ts'

/**
 * What `mqops init` writes: a commented document for each broker, ready to validate. Several brokers get `name` with
 * their software behind it; without a name each is called after its software.
 */
export function starter(brokers: readonly Broker[], name?: string): string {
  const nameOf = (broker: Broker) =>
    name === undefined ? broker.software : brokers.length === 1 ? name : `${name}-${broker.software}`
  const documents = brokers.map((broker) =>
    [
      `apiVersion: ${API_VERSION}`,
      `kind: ${broker.kind}`,
      'metadata:',
      `  name: ${JSON.stringify(nameOf(broker)).replace(/^"([a-z][a-z0-9-]*)"$/, '$1')}`,
      '  labels: { env: dev }',
      'spec:',
      broker.starter.trimEnd(),
      '',
    ].join('\n'),
  )
  return HEADER + documents.join('---\n')
}

const HEADER = `# yaml-language-server: $schema=./mqops.schema.json
# One document for each cluster. mqops validate checks this file, mqops plan shows what would change, mqops apply does it.
# mqops schema > mqops.schema.json gives your editor completion. Values may be \${env:NAME:-default}.
`
