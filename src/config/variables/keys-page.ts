import * as z from 'zod'
import { oneOf, sessionKeys, signInScopes, trueOrFalse } from '../readers.ts'
import type { Definition } from './definition.ts'

export const pageVariables = {
  OIDC_CLIENT_ID: {
    meaning:
      'The id of this server as a client of the issuer, for the sign-in to the keys page. The redirect URI to register is PUBLIC_URL followed by `/keys/callback`, and the one after a sign-out PUBLIC_URL followed by `/keys`.',
    unset: 'nobody can sign in, except in development',
    read: z.string(),
  },
  OIDC_CLIENT_SECRET: {
    meaning: 'The secret of the client.',
    unset: 'none: a public client',
    read: z.string(),
    file: 'line',
  },
  OIDC_ISSUER: {
    meaning: 'The issuer to sign in at, one of JWT_ISSUER and JWT_ISSUERS.',
    unset: 'the only issuer',
    read: z.string(),
  },
  OIDC_SCOPES: {
    meaning:
      'The scopes that the sign-in asks for, separated by spaces or commas. Add those that people need on the page, such as `read:keys` and `write:keys`, and `offline_access` where the issuer requires it for a refresh token.',
    default: 'openid profile email',
    read: signInScopes,
  },
  OIDC_RESOURCE: {
    meaning:
      'The API that the access token is for: sent as `audience` for the preset `auth0`, otherwise as `resource` (RFC 8707).',
    unset: 'none',
    read: z.string(),
  },
  OIDC_TOKEN: {
    meaning:
      'The token that the session stands for: `access`, or `id` for issuers whose access tokens are not JWTs for this server.',
    default: 'access',
    read: oneOf(['access', 'id']),
  },
  SESSION_KEYS: {
    meaning:
      'The secrets that encrypt the sessions of the keys page, separated by commas, each of 32 bytes or more. The first one encrypts; all of them decrypt. Sessions under a secret that is no longer in the list end.',
    unset: 'none in production; otherwise a file that is generated in DATA_DIR',
    read: sessionKeys,
    file: 'line',
  },
  GRAPHIQL: {
    meaning:
      '`true`: people who are signed in to the keys page get GraphiQL at `/graphql` outside development too. In development, everyone on this machine gets it.',
    default: 'false',
    read: trueOrFalse,
  },
} as const satisfies Record<string, Definition>
