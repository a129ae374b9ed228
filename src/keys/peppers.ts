/** Which peppers secrets are stored under, by their fingerprints. Only secrets that still work count. */
export interface PepperStore {
  /**
   * Fingerprints that are stored and not among `known`, with the number of keys; quick at any number of
   * keys where there is none.
   *
   * @throws ServiceUnavailableError when the database cannot be reached
   */
  findMissing(known: readonly string[], now: Date): Promise<readonly MissingPepper[]>
  /**
   * Reads every key, in parts: keys that change meanwhile may be counted twice or not at all. That none
   * is stored under one of `known` is exact.
   *
   * @throws ServiceUnavailableError when the database cannot be reached
   */
  usage(known: readonly string[], now: Date): Promise<readonly PepperUsage[]>
}

/** Keys of a missing pepper are counted up to here. */
export const maxCounted = 100_000

export interface PepperUsage {
  /** Empty: no pepper. `null`: unknown, stored before fingerprints were. */
  readonly fingerprint: string | null
  /** Keys whose secret is stored so. */
  readonly keys: number
  /** Keys whose secret from before the last rotation is, in its grace period. */
  readonly previousSecrets: number
  /** The latest use of one of `keys`. */
  readonly lastUsedAt: Date | null
}

/** A pepper that is not configured. */
export interface MissingPepper {
  /** As `latchkey keys peppers` shows it. */
  readonly fingerprint: string
  /** Keys that are stored under it and still work; counted up to 100,000. */
  readonly keys: number
}
