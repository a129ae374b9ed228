export const identityKeysPath = '/.well-known/jwks.json'

/**
 * The time that verifiers may cache the keys, in seconds. A key is published long before it signs, and a
 * verifier fetches the set again when a token names an unknown key.
 */
const maxAge = 300

/** The public keys of identity tokens, as a JWK Set (RFC 7517 §5). */
export function publishIdentityKeys(keys: readonly object[]): Response {
  return new Response(JSON.stringify({ keys }), {
    headers: {
      'content-type': 'application/jwk-set+json',
      'cache-control': `public, max-age=${maxAge}`,
    },
  })
}
