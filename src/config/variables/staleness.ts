import { credentialDefaults } from '../../credentials/defaults.ts'
import { wholeNumber } from '../readers.ts'
import type { Definition } from './definition.ts'

export const stalenessVariables = {
  MAX_STALENESS_MS: {
    meaning:
      'The staleness bound in milliseconds: every node honours a revocation, or any other change, within this time.',
    default: String(credentialDefaults.maxStalenessMs),
    read: wholeNumber(100, 3_600_000),
  },
  JWT_OUTAGE_SECONDS: {
    meaning:
      'For how many seconds a node accepts JWTs of users whose rows it has read before while the database is unreachable; `0`: it accepts none.',
    default: String(credentialDefaults.jwtOutageSeconds),
    read: wholeNumber(0, 86_400),
  },
} as const satisfies Record<string, Definition>
