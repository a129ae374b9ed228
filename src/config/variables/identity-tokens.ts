import * as z from 'zod'
import type { Definition } from './definition.ts'

export const identityVariables = {
  IDENTITY_KEYS_FILE: {
    meaning: 'A file with the private JWK Set that signs identity tokens.',
    unset: 'none in production; otherwise a file that is generated in DATA_DIR',
    read: z.string(),
  },
} as const satisfies Record<string, Definition>
