import { type Config, credentialHeadersOf } from '../config.ts'
import { createLogger, type Logger } from '../log.ts'

/** Creates a logger to standard error: readable text on a terminal in development, otherwise JSON. */
export function createServerLogger(config: Config): Logger {
  return createLogger({
    level: config.logLevel,
    pretty: config.mode === 'development' && process.stderr.isTTY,
    credentialHeaders: credentialHeadersOf(config),
  })
}

/** Logs the warnings of the configuration, once for each start. */
export function logWarnings({ warnings, startWarnings }: Config, log: Logger): void {
  for (const warning of [...warnings, ...startWarnings]) log.warn(warning)
}
