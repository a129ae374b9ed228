/** Counts stored secrets by the fingerprint of their pepper. Only secrets that still work count. */
export interface PepperStore {
  /**
   * Returns the stored fingerprints that are not among `known`, with the number of keys. If there is none,
   * the query is fast at any number of keys.
   *
   * @throws ServiceUnavailableError when the database cannot be reached
   */
  findMissing(known: readonly string[], now: Date): Promise<readonly MissingPepper[]>
  /**
   * Reads every key, in batches: a key that changes in the meantime may count twice or not at all. The result
   * that no key uses one of `known` is exact.
   *
   * @throws ServiceUnavailableError when the database cannot be reached
   */
  usage(known: readonly string[], now: Date): Promise<readonly PepperUsage[]>
}

/** The highest number to which the keys of a missing pepper are counted. */
export const maxCounted = 100_000

export interface PepperUsage {
  /** Empty: no pepper. `null`: unknown, because the key was stored before fingerprints existed. */
  readonly fingerprint: string | null
  /** The number of keys whose current secret uses this pepper. */
  readonly keys: number
  /** The number of keys whose previous secret, in its grace period, uses this pepper. */
  readonly previousSecrets: number
  /** The time of the latest use of one of `keys`. */
  readonly lastUsedAt: Date | null
}

/** A pepper that is not configured. */
export interface MissingPepper {
  /** The fingerprint that `latchkey keys peppers` shows. */
  readonly fingerprint: string
  /** The number of keys that use it and still work, counted up to 100,000. */
  readonly keys: number
}
