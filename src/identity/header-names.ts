/** The headers that tell a backend who is asking, in lower case; never read from a client. */
export const identityHeaderNames = [
  'x-user-id',
  'x-user-issuer',
  'x-auth-scopes',
  'x-auth-method',
  'x-auth-credential-id',
  'x-identity',
] as const
