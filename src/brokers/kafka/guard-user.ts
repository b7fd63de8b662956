/**
 * A user that nobody logs in as (its password is thrown away), for brokers of Kafka 4.3.1 and before. One that starts again
 * reads all changes of credentials at once, in the order of a Java HashMap; where the first of them is a removal it forgets
 * every user of that mechanism (ScramDelta.apply), and lets nobody in. This name is always the first: its hash is 0.
 */
export const GUARD_USER = 'mqops.guard-ckigxka'
