/**
 * The headers that identify the caller to a backend, in lower case. They are never read from a client.
 */
export const identityHeaderNames = [
  'x-user-id',
  'x-user-issuer',
  'x-auth-scopes',
  'x-auth-method',
  'x-auth-credential-id',
  'x-identity',
] as const
