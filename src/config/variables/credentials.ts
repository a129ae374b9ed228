import { credentialDefaults } from '../../credentials/defaults.ts'
import { credentialHeader, credentialParameter, wholeNumber } from '../readers.ts'
import type { Definition } from './definition.ts'

export const credentialVariables = {
  API_KEY_HEADER: {
    meaning: 'The header that carries an API key, as an alternative to `Authorization`.',
    default: credentialDefaults.apiKeyHeader,
    read: credentialHeader,
  },
  JWT_HEADER: {
    meaning: 'The header that carries a JWT, as an alternative to `Authorization`.',
    unset: 'none',
    read: credentialHeader,
  },
  API_KEY_QUERY_PARAM: {
    meaning:
      'The query parameter that carries an API key. Not recommended: URLs are written to logs.',
    unset: 'none',
    read: credentialParameter,
  },
  AUTH_FAILURES_PER_MINUTE: {
    meaning:
      'The number of refused credentials per client address and minute, after which the server answers 429; `0`: no limit.',
    default: '20',
    read: wholeNumber(0, 1_000_000),
  },
} as const satisfies Record<string, Definition>
