import { credentialDefaults } from '../../credentials/defaults.ts'
import { keyPrefix, peppers, trueOrFalse, wholeNumber } from '../readers.ts'
import type { Definition } from './definition.ts'

export const keyVariables = {
  KEY_PREFIX: {
    meaning:
      'The prefix of every API key: 1 to 16 lower-case letters and digits, beginning with a letter. Keys that were given out with another prefix are refused; a rotation gives them the new one.',
    default: credentialDefaults.keyPrefix,
    read: keyPrefix,
  },
  KEY_PEPPER: {
    meaning:
      'The peppers (HMAC keys) under which the secrets of API keys are hashed, separated by commas. The first one hashes new secrets; all of them verify. Keys that were stored without a pepper stay valid.',
    unset: 'none',
    read: peppers,
    file: 'line',
  },
  KEY_MAX_LIFETIME_DAYS: {
    meaning:
      'The maximum lifetime of an API key, in days. Where it is set, every new key has an expiry.',
    unset: 'no limit',
    read: wholeNumber(1, 36_500),
  },
  KEY_MAX_PER_USER: {
    meaning: 'The maximum number of API keys per user that are neither revoked nor expired.',
    default: '100',
    read: wholeNumber(1, 1_000_000),
  },
  RECORD_CLIENTS: {
    meaning:
      'Whether the address and the user agent of the client are stored with the last use of each secret of an API key. They are replaced at the next use, and erased 30 days after the key is revoked or expires.',
    default: 'true',
    read: trueOrFalse,
  },
} as const satisfies Record<string, Definition>
