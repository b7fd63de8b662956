/** URIs of AMQP in parameters. */

export const isUri = (text: string): boolean => /^amqps?:\/\/\S*$/.test(text)

/** user:password@ -> user:***@ */
export const maskUri = (text: string): string => text.replace(/^(\w+:\/\/[^/@:]*):[^/]*@/, '$1:***@')

export const holdsPassword = (text: string): boolean => maskUri(text) !== text

/** As `maskUri` leaves it: there was a password. */
export const isMasked = (uri: unknown): boolean => typeof uri === 'string' && /^\w+:\/\/[^/@:]*:\*\*\*@/.test(uri)
