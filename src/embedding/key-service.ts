import type { ImportedKeyForm } from '../credentials/imported-key.ts'
import { createKeyMaker } from '../credentials/key-maker.ts'
import { createSecretHasher } from '../credentials/secret-hash.ts'
import { createKeyService, type KeyService, type KeyServiceOptions } from '../keys/keys.ts'

/** The form of new keys, the peppers over stored hashes, and the limits. */
export interface KeySettings {
  readonly prefix: string
  readonly peppers: readonly string[]
  /** The forms of the keys of other systems that were imported. */
  readonly importedForms?: readonly ImportedKeyForm[]
  /** The most active keys (neither revoked nor expired) that one user may have. */
  readonly maxPerUser: number
  /** `null`: no limit. */
  readonly maxLifetimeDays: number | null
}

/** Creates the key service with these settings. */
export function assembleKeyService(
  settings: KeySettings,
  rest: Omit<KeyServiceOptions, 'maker' | 'maxPerOwner' | 'maxLifetimeDays'>,
): KeyService {
  return createKeyService({
    ...rest,
    maker: createKeyMaker(settings.prefix, createSecretHasher(settings.peppers)),
    maxPerOwner: settings.maxPerUser,
    maxLifetimeDays: settings.maxLifetimeDays,
  })
}
