import * as z from 'zod'
import type { Definition } from './definition.ts'

export const issuerVariables = {
  JWT_ISSUER: {
    meaning:
      'The issuer (`iss`) whose JWTs are accepted; requires JWT_AUDIENCE. Use JWT_ISSUERS for several issuers or further settings.',
    unset: 'none; in development the development issuer',
    read: z.string(),
  },
  JWT_AUDIENCE: {
    meaning: 'The audience: `aud` of a JWT from JWT_ISSUER must contain this value.',
    unset: 'none',
    read: z.string(),
  },
  JWKS_URI: {
    meaning: 'The URL of the JWK Set with the public keys of JWT_ISSUER.',
    unset: 'found by discovery',
    read: z.string(),
  },
  JWT_ISSUERS: {
    meaning:
      'The issuers whose JWTs are accepted: a JSON array of objects `{issuer, aliases?, audience, preset?, tenants?, jwksUri?, jwks?, jwksFile?, allowHttp?, algorithms?, scopeClaims?, scopesFrom?, scopePrefix?, grantClaim?, clockToleranceSeconds?, maxTokenAgeSeconds?, requireAccessTokenType?, allowAnonymousUsers?, allowMissingAzp?}`.',
    unset: 'none',
    read: z.string(),
    file: 'text',
  },
} as const satisfies Record<string, Definition>
