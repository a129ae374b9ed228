import type { Config } from '../config.ts'
import { createKeyMaker } from '../credentials/key-maker.ts'
import { createSecretHasher } from '../credentials/secret-hash.ts'
import { createKeyService, type KeyService, type KeyServiceOptions } from '../keys/keys.ts'

/** Creates the key service with the configured limits, prefix and peppers. */
export function configuredKeyService(
  config: Config,
  rest: Omit<KeyServiceOptions, 'maker' | 'maxPerOwner' | 'maxLifetimeDays'>,
): KeyService {
  return createKeyService({
    ...rest,
    maker: createKeyMaker(config.keyPrefix, createSecretHasher(config.keyPeppers)),
    maxPerOwner: config.keyMaxPerUser,
    maxLifetimeDays: config.keyMaxLifetimeDays,
  })
}
