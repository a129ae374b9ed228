import type { Database } from '../db/database.ts'
import type { Logger } from '../log.ts'

/** Logs, for each issuer that is not configured, the number of keys that are refused because of it. */
export async function warnOfUntrustedKeys(
  database: Pick<Database, 'keysOfOtherIssuers'>,
  trusted: readonly string[],
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  try {
    for (const { issuer, keys, atLeast } of await database.keysOfOtherIssuers(trusted)) {
      log.warn(
        { issuer, keys, atLeast },
        `API keys are refused, because the issuer of their owners is not configured: ${atLeast ? 'at least ' : ''}${keys}`,
      )
    }
  } catch (error) {
    log.warn({ err: error }, 'could not count the keys of issuers that are not configured')
  }
}
