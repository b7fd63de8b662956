import type { Json } from '../../model/json.ts'
import type { ExchangeField } from './fields.ts'

/** What exchanges ask of their arguments (RabbitMQ 4.3.6, `validate` of their types). */

type ExchangeProblem = { readonly argument: string; readonly message: string }

const HASHED = ['correlation_id', 'message_id', 'timestamp']

/** Pure. */
export function exchangeProblems({ type, arguments: table }: ExchangeField): readonly ExchangeProblem[] {
  const problems: ExchangeProblem[] = []
  const ask = (argument: string, fits: (value: Json) => boolean, message: string): void => {
    const value = table[argument]
    if (value !== undefined && !fits(value)) problems.push({ argument, message })
  }
  ask('alternate-exchange', isText, 'alternate-exchange must be the name of an exchange')
  if (type === 'x-consistent-hash') {
    ask('hash-header', isText, 'hash-header must be the name of a header')
    ask(
      'hash-property',
      (value) => HASHED.includes(value as string),
      `hash-property must be one of ${HASHED.join(', ')}`,
    )
    if (table['hash-header'] !== undefined && table['hash-property'] !== undefined)
      problems.push({ argument: 'hash-property', message: 'hash-header and hash-property exclude each other' })
  }
  if (type === 'x-recent-history')
    ask(
      'x-recent-history-length',
      (value) => Number.isSafeInteger(value) && Number(value) > 0,
      'x-recent-history-length must be a whole number above 0',
    )
  return problems
}

const isText = (value: Json): boolean => typeof value === 'string'
