/** What holds where a setting is left out, of the library as of the server. */
export const credentialDefaults = {
  keyPrefix: 'lk',
  apiKeyHeader: 'x-api-key',
  maxStalenessMs: 2_000,
  jwtOutageSeconds: 60,
} as const
