import type { Config } from '../config.ts'
import { createIdentityIssuer } from '../identity/issuer.ts'
import { ensureIdentityKeys, readIdentityKeysFile } from '../identity/key-file.ts'
import type { AppSettings } from './create-app.ts'

/**
 * Creates the issuer of identity tokens, with the keys of IDENTITY_KEYS_FILE, or outside production with
 * generated keys. In production no keys are generated, because all nodes must share them.
 */
export function prepareIdentity(
  config: Config,
  { publicUrl, log, now }: Pick<AppSettings, 'publicUrl' | 'log' | 'now'>,
) {
  const { identityKeysFile, mode, dataDir } = config
  if (identityKeysFile === null && mode === 'production') {
    log.warn(
      'IDENTITY_KEYS_FILE is not set: no identity tokens are issued, and X-Identity stays empty',
    )
    return { issuer: null, keys: [] }
  }
  const keys =
    identityKeysFile === null ? ensureIdentityKeys(dataDir) : readIdentityKeysFile(identityKeysFile)
  return {
    issuer: createIdentityIssuer({ keys, issuer: publicUrl, now }),
    keys: keys.keys.map(({ publicJwk }) => publicJwk),
  }
}
