import type { Trouble } from '../db/diagnosis.ts'
import type { Logger } from '../log.ts'

/** Logs each cause of database failures once when it begins and once when it ends. */
export function reportTrouble(log: Logger): (trouble: Trouble) => void {
  return ({ kind, connection, cause, message, lasted, error }) => {
    if (kind === 'begins') log.warn({ connection, reason: cause, err: error }, message)
    else
      log.info(
        { connection, reason: cause, milliseconds: Math.round(lasted) },
        `No longer: ${message}`,
      )
  }
}
