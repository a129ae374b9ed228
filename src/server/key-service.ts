import type { Config } from '../config.ts'
import type { KeySettings } from '../embedding/key-service.ts'

/** Returns the configured limits, prefix and peppers. */
export function keySettingsOf(config: Config): KeySettings {
  return {
    prefix: config.keyPrefix,
    peppers: config.keyPeppers,
    maxPerUser: config.keyMaxPerUser,
    maxLifetimeDays: config.keyMaxLifetimeDays,
  }
}
