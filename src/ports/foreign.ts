import type { Json } from '../model/json.ts'

/**
 * Files that other tools and the brokers themselves write (definitions, backups, topologies), to be read into a spec. A
 * format knows what its values mean; who calls it knows where they stand, and judges what comes out as any spec.
 */

export type ForeignPath = readonly (string | number)[]

/** A value in one of the documents that were handed in. */
export type ForeignPlace = { readonly document: number; readonly path: ForeignPath }

/** One JSON or YAML document. `file` as the user named it. */
export type ForeignDocument = { readonly file: string; readonly value: Json }

/** What a file says and the spec does not, or not in the same way. */
export type ForeignNote = {
  readonly what: string // 'user billing'
  readonly why: string
  /** What to do instead. */
  readonly hint?: string
  readonly at: ForeignPlace
}

/** One thing that a spec shall say. What the spec's own checks refuse is left out with its parts, and reported at its place. */
export type ForeignItem = {
  readonly what: string // 'queue orders in shop': for people
  /** Inside `spec:`; of a part inside its item. */
  readonly path: ForeignPath
  /** As people write it in a spec: '7d', { secretRef: … }. */
  readonly value: Json
  /** The value becomes one more of the list at the path. */
  readonly append?: true
  readonly at: ForeignPlace
  readonly parts?: readonly ForeignItem[]
}

export type ForeignCluster = {
  /** As the files call it, null where they don't; made fit for a spec by who calls. */
  readonly name: string | null
  readonly items: readonly ForeignItem[]
  readonly notes: readonly ForeignNote[]
}

export interface ForeignFormat {
  readonly name: string // 'topicctl'
  /** What its files are, in a line; for the error about a file of no known format. */
  readonly about: string
  /** By marks that only its documents have. `file`: the name alone. */
  recognises(value: Json, file: string): boolean
  /**
   * Pure. Documents are all of the format. `name`: what the user calls the cluster, null: as the files do. Names of
   * environment variables for secrets are made of it.
   */
  convert(documents: readonly ForeignDocument[], o: { readonly name: string | null }): readonly ForeignCluster[]
}
