/** What a backend is promised, written out: the code under test must not say what is expected of it. */
export const identityNames = [
  'x-user-id',
  'x-user-issuer',
  'x-auth-scopes',
  'x-auth-method',
  'x-auth-credential-id',
  'x-identity',
]
