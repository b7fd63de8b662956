/** What YAML, plans, journals and answers of brokers are made of. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json }
export type Dict<T> = Readonly<Record<string, T>>

/** JSON with object keys sorted, so that equal values have equal texts (digests, comparisons). */
export function canonical(value: Json | undefined): string {
  if (value === undefined) return 'null'
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const object = value as JsonObject
  const fields = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(object[key])}`)
  return `{${fields.join(',')}}`
}

export const same = (a: Json | undefined, b: Json | undefined): boolean => canonical(a) === canonical(b)
