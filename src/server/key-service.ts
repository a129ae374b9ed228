import type { Config } from '../config.ts'
import { assembleKeyService, type KeySettings } from '../embedding/key-service.ts'
import type { KeyService } from '../keys/keys.ts'

/** Creates the key service with the configured limits, prefix and peppers. */
export function configuredKeyService(
  config: Config,
  rest: Parameters<typeof assembleKeyService>[1],
): KeyService {
  return assembleKeyService(keySettingsOf(config), rest)
}

export function keySettingsOf(config: Config): KeySettings {
  return {
    prefix: config.keyPrefix,
    peppers: config.keyPeppers,
    maxPerUser: config.keyMaxPerUser,
    maxLifetimeDays: config.keyMaxLifetimeDays,
  }
}
