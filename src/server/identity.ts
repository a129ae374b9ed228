import type { Config } from '../config.ts'
import { createIdentityIssuer } from '../identity/issuer.ts'
import { ensureIdentityKeys, readIdentityKeysFile } from '../identity/key-file.ts'
import type { Logger } from '../log.ts'
import type { AppSettings } from './create-app.ts'

/**
 * Creates the issuer of identity tokens, with the keys of IDENTITY_KEYS_FILE, or outside production with
 * generated keys. In production no keys are generated, because all nodes must share them.
 */
export function prepareIdentity(
  config: Config,
  { publicUrl, now }: Pick<AppSettings, 'publicUrl' | 'now'>,
) {
  const { identityKeysFile, dataDir } = config
  if (lacksIdentityKeys(config)) return { issuer: null, keys: [] }
  const keys =
    identityKeysFile === null ? ensureIdentityKeys(dataDir) : readIdentityKeysFile(identityKeysFile)
  return {
    issuer: createIdentityIssuer({ keys, issuer: publicUrl, now }),
    keys: keys.keys.map(({ publicJwk }) => publicJwk),
  }
}

/** Logs, once for each start, that no identity tokens are issued. */
export function warnOfMissingIdentityKeys(config: Config, log: Logger): void {
  if (!lacksIdentityKeys(config)) return
  log.warn(
    'IDENTITY_KEYS_FILE is not set: no identity tokens are issued, and X-Identity stays empty',
  )
}

function lacksIdentityKeys({ identityKeysFile, mode }: Config): boolean {
  return identityKeysFile === null && mode === 'production'
}
