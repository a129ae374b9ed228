import type { Database } from '../db/database.ts'
import type { Logger } from '../log.ts'

/** Logs how many keys are refused since the issuer of their owners is not configured. */
export async function warnOfUntrustedKeys(
  database: Pick<Database, 'keysOfOtherIssuers'>,
  trusted: ReadonlySet<string>,
  log: Logger,
): Promise<void> {
  try {
    for (const { issuer, keys, atLeast } of await database.keysOfOtherIssuers([...trusted])) {
      log.warn(
        { issuer, keys, atLeast },
        `${atLeast ? 'at least ' : ''}${keys} API keys are refused: the issuer of their owners is not configured`,
      )
    }
  } catch (error) {
    log.warn({ err: error }, 'could not count the keys of issuers that are not configured')
  }
}
