import type { Principal } from '../../src/index.ts'

/** A principal as of a JWT with these scopes, for an application that makes its principals itself. */
export function jwtPrincipal(subject: string, scopes: readonly string[]): Principal {
  return {
    issuer: 'https://issuer.example',
    subject,
    userId: subject,
    scopes: new Set(scopes),
    credential: { kind: 'JWT', id: null, name: null, issuer: null, scopes, expiresAt: null },
  }
}
