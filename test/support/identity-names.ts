/**
 * The headers that a backend can rely on. They are listed here, so that the code under test does not
 * define its own expectation.
 */
export const identityNames = [
  'x-user-id',
  'x-user-issuer',
  'x-auth-scopes',
  'x-auth-method',
  'x-auth-credential-id',
  'x-identity',
]
