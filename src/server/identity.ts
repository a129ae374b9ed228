import type { Config } from '../config.ts'
import { createIdentityIssuer } from '../identity/issuer.ts'
import { ensureIdentityKeys, readIdentityKeysFile } from '../identity/key-file.ts'
import type { AppSettings } from './create-app.ts'

/**
 * What signs identity tokens: the keys of IDENTITY_KEYS_FILE, or outside production our own. In
 * production nodes must share their keys, so none are made up.
 */
export function prepareIdentity(
  config: Config,
  { publicUrl, log, now }: Pick<AppSettings, 'publicUrl' | 'log' | 'now'>,
) {
  const { identityKeysFile, mode, dataDir } = config
  if (identityKeysFile === null && mode === 'production') {
    log.warn('IDENTITY_KEYS_FILE is not set: there are no identity tokens, X-Identity stays empty')
    return { issuer: null, keys: [] }
  }
  const keys =
    identityKeysFile === null ? ensureIdentityKeys(dataDir) : readIdentityKeysFile(identityKeysFile)
  return {
    issuer: createIdentityIssuer({ keys, issuer: publicUrl, now }),
    keys: keys.keys.map(({ publicJwk }) => publicJwk),
  }
}
