import { type Config, credentialHeadersOf } from '../config.ts'
import { createLogger, type Logger } from '../log.ts'

/** To standard error: for people in a terminal in development, as JSON otherwise. */
export function createServerLogger(config: Config): Logger {
  return createLogger({
    level: config.logLevel,
    pretty: config.mode === 'development' && process.stderr.isTTY,
    credentialHeaders: credentialHeadersOf(config),
  })
}
