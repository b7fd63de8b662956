import type { Dict } from './json.ts'
import type { Secrets, Text } from './secret.ts'

/** slot = place (ordinal, host). incarnation = identity of the disk: a wiped disk is a new one, never the same voter. */
export type Member = {
  readonly cluster: string
  readonly role: string // Kafka: 'broker' (also combined) | 'controller'; NATS, RabbitMQ: 'server'
  readonly slot: number // 1-based, unique in the cluster across roles
  readonly incarnation: string
}

/** What a broker needs to have allotted before its members can be written down. Pure function of the spec. */
export type Layout = {
  readonly members: readonly { readonly role: string; readonly slot: number; readonly ports: readonly string[] }[]
  /** Names of random secrets to generate: passwords, cookies, keys for digests. */
  readonly secrets: readonly string[]
  /** Certificates of the cluster's own CA; secrets `tls/NAME.key`, `tls/NAME.crt` and `tls/ca.crt` come of it. */
  readonly certificates: readonly CertificateRequest[]
}

export type CertificateRequest = {
  readonly name: string // 'kafka-1'
  readonly commonName: string
  readonly organizationalUnit: string
  readonly slot?: number // the member that presents it; none: a client's certificate
}

export type AllocatedMember = Member & {
  readonly host: string
  readonly ports: Dict<number>
  /** Absolute, as the member itself sees them. `home` holds its files. */
  readonly paths: { readonly home: string; readonly data: string; readonly logs: string }
}

/** Made once and kept at the target, so that rendering stays pure: ids, ports, paths, names of generated secrets. */
export type Allocation = {
  readonly cluster: string
  readonly clusterId: string // 22 characters of base64url: what Kafka wants serves all
  readonly members: readonly AllocatedMember[]
  readonly secrets: Secrets
  readonly certificates: readonly (CertificateRequest & { readonly notAfter: number /* ms since the epoch */ })[]
}

/** A change of the file is taken up by: a reload, a restart, or nothing (it is read at the first start only). */
export type FileApply = 'reload' | 'restart' | 'first-start'

/** A member, wherever it runs: three broker writers and a formatter for each target. */
export type NodeSpec = {
  readonly member: Member
  readonly name: string // 'kafka-1': unique in the cluster, fit for host and process names
  readonly software: { readonly name: string; readonly version: string }
  /** argv[0] is a command of the software's distribution: 'kafka-server-start', 'nats-server', 'rabbitmq-server'. */
  readonly argv: readonly string[]
  readonly env: Dict<string>
  /** Name relative to the member's home. `mode` in octal, 0o600 unless said. */
  readonly files: Dict<{ readonly text: Text; readonly apply: FileApply; readonly mode?: number }>
  readonly ports: Dict<number>
  readonly ready: { readonly port: string } // the port that accepts connections when the member has started
  readonly logs: readonly string[] // absolute files or, relative to home, what `logs` shows, newest content last
  readonly stopSignal: 'SIGTERM' | 'SIGINT' | 'SIGUSR2'
  readonly stopGraceMs: number
  /** Ends when the others have ended: they need it to end in good order (Kafka's controllers, which brokers take leave of). */
  readonly stopLast?: true
  readonly size: { readonly memoryBytes: number; readonly diskBytes: number }
  /** What must end when the last member of the cluster on that host has ended (RabbitMQ's epmd): argv, env as above. */
  readonly afterLast?: { readonly argv: readonly string[]; readonly env: Dict<string> }
}

/** How clients reach a cluster. Endpoints by purpose: 'client', 'management', 'internal' …, each 'host:port'. */
export type Access = {
  readonly tls: boolean
  readonly endpoints: Dict<readonly string[]>
  readonly user?: string
  readonly password?: import('./secret.ts').SecretRef
  /** For people, where mqops keeps an account of its own: what `mqops connect` shows. */
  readonly admin?: { readonly user: string; readonly password: import('./secret.ts').SecretRef }
  readonly ca?: import('./secret.ts').SecretRef
  readonly certificate?: {
    readonly certificate: import('./secret.ts').SecretRef
    readonly key: import('./secret.ts').SecretRef
  }
}

export const memberKey = (m: { role: string; slot: number }): string => `${m.role}-${m.slot}`
