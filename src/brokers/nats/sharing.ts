import type { JsonObject } from '../../model/json.ts'
import type { ExportFields, ImportFields } from './fields-account.ts'

/** Exports and imports in the server's own words (nats-server `opts.go`, parseAccountExports and parseAccountImports). */

const RESPONSES = { single: 'single', stream: 'stream', chunked: 'chunked' } as const

/** Their order means nothing: sorted, so that it is no change. */
const inOrder = (list: readonly JsonObject[]): readonly JsonObject[] =>
  [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

/** Without what is not said. */
const set = (parts: Readonly<Record<string, JsonObject[string] | undefined>>): JsonObject =>
  Object.fromEntries(
    Object.entries(parts).filter((part): part is [string, JsonObject[string]] => part[1] !== undefined),
  )

export const exportsValue = (exports: readonly ExportFields[] | undefined): readonly JsonObject[] =>
  inOrder(
    (exports ?? []).map((one) =>
      set({
        stream: one.stream,
        service: one.service,
        accounts: one.accounts && [...one.accounts].sort(),
        response_type: one.responseType && RESPONSES[one.responseType],
        response_threshold: one.responseThreshold === undefined ? undefined : `${one.responseThreshold}ms`,
        account_token_position: one.accountTokenPosition,
        latency: one.latency && set({ sampling: one.latency.sampling, subject: one.latency.subject }),
        allow_trace: one.allowTrace || undefined,
      }),
    ),
  )

export const importsValue = (imports: readonly ImportFields[] | undefined): readonly JsonObject[] =>
  inOrder(
    (imports ?? []).map((one) =>
      set({
        ...(one.stream === undefined
          ? { service: { account: one.account, subject: one.service as string } }
          : { stream: { account: one.account, subject: one.stream } }),
        to: one.to,
        prefix: one.prefix,
        share: one.share || undefined,
        allow_trace: one.allowTrace || undefined,
      }),
    ),
  )
