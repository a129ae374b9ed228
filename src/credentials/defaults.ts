/** The defaults of the settings that the library and the server share. */
export const credentialDefaults = {
  keyPrefix: 'lk',
  apiKeyHeader: 'x-api-key',
  maxStalenessMs: 2_000,
  jwtOutageSeconds: 60,
} as const
