import { type Config, ConfigError } from '../config.ts'
import type { Logger } from '../log.ts'

/**
 * Returns a function that logs the warnings about a configuration that was read again, without those that it
 * or the start has logged.
 */
export function createReloadWarner(first: Config, log: Logger): (next: Config) => void {
  const logged = new Set(first.reloadedWarnings)
  return ({ reloadedWarnings }) => {
    for (const warning of reloadedWarnings) {
      if (logged.has(warning)) continue
      logged.add(warning)
      log.warn(warning)
    }
  }
}

/**
 * Reads the configuration again and applies it. If it is not valid or cannot be applied, nothing changes, and
 * the log has the reason.
 *
 * @param read reads and checks the configuration
 * @param warn logs the warnings about the new configuration; default: nothing, since another process logs them
 */
export async function reloadLogged(
  read: () => Config,
  apply: (config: Config) => Promise<void>,
  log: Logger,
  warn: (config: Config) => void = () => {},
): Promise<void> {
  try {
    const config = read()
    await apply(config)
    warn(config)
    log.info('the identity keys, SCOPES_FILE and the issuers were read again')
  } catch (error) {
    const message = 'the configuration was not read again: nothing has changed'
    if (error instanceof ConfigError) log.error({ faults: error.faults }, message)
    else log.error({ err: error }, message)
  }
}
