import { createHash } from 'node:crypto'
import { encodeBase64, hash } from 'bcryptjs'
import { MqopsError } from '../../model/failure.ts'

/** bcrypt reads no more; a longer secret would be cut silently. */
const LONGEST_BYTES = 72

/** 22 characters of bcrypt's own base64: the same for the same names, so that rendering is pure. */
export const bcryptSalt = (...names: readonly string[]): string =>
  encodeBase64(createHash('sha256').update(JSON.stringify(names)).digest().subarray(0, 16), 16)

/** 2^8 rounds: about 15 ms of the server's time for each login with a password that a person may have chosen. */
const CHOSEN = '08'
/** 2^4 rounds, the fewest there are: a password of random bytes needs no stretching, and logins of hundreds are cheap. */
const RANDOM = '04'
/** `$2b$…` as nats-server reads it. Throws MQOPS_SPEC_SECRET for a secret that bcrypt can't hold whole. */
async function bcrypt(secret: string, salt: string, cost: string): Promise<string> {
  if (Buffer.byteLength(secret) > LONGEST_BYTES) {
    throw new MqopsError({
      code: 'MQOPS_SPEC_SECRET',
      summary: `a password is longer than ${LONGEST_BYTES} bytes, and bcrypt reads no more`,
      hint: 'Use a shorter one.',
    })
  }
  return hash(secret, `$2b$${cost}$${salt}`)
}

export const hashes = {
  bcrypt: (secret: string, salt: string): Promise<string> => bcrypt(secret, salt, CHOSEN),
  /** For secrets that mqops generated. */
  bcryptRandom: (secret: string, salt: string): Promise<string> => bcrypt(secret, salt, RANDOM),
}
