import { type Config, ConfigError } from '../config.ts'
import type { Logger } from '../log.ts'

/**
 * Reads the configuration again and applies it. If it is not valid or cannot be applied, nothing changes, and
 * the log has the reason.
 *
 * @param read reads and checks the configuration
 */
export async function reloadLogged(
  read: () => Config,
  apply: (config: Config) => Promise<void>,
  log: Logger,
): Promise<void> {
  try {
    await apply(read())
    log.info('the identity keys, SCOPES_FILE and the issuers were read again')
  } catch (error) {
    const message = 'the configuration was not read again: nothing has changed'
    if (error instanceof ConfigError) log.error({ faults: error.faults }, message)
    else log.error({ err: error }, message)
  }
}
