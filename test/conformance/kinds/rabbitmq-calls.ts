import type { JsonObject } from '../../../src/model/json.ts'

/** Parts of a definitions file; a request of the management interface; a command beside a member; a file edited by hand. */
export type RabbitmqCall =
  | { readonly definitions: { readonly [list: string]: readonly JsonObject[] } }
  | { readonly method: 'PUT' | 'POST' | 'DELETE'; readonly path: string; readonly body?: JsonObject }
  | { readonly slot: number; readonly argv: readonly string[] }
  | { readonly slot: number; readonly file: string; readonly from: string; readonly to: string }

export const rabbit = (vhost: JsonObject, more: JsonObject = {}): JsonObject => ({ vhosts: { shop: vhost }, ...more })
export const gone = (path: string): RabbitmqCall => ({ method: 'DELETE', path })
export const altered = (definitions: { readonly [list: string]: readonly JsonObject[] }): RabbitmqCall => ({
  definitions,
})

export const BOTH = '`rabbitmqctl import_definitions`, HTTP API'
export const HTTP = 'HTTP API'
