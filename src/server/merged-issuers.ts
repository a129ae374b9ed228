import { ConfigError } from '../config.ts'
import { unmergedAliasFault } from '../credentials/alias-check.ts'
import { issuersByAlias } from '../credentials/issuer-names.ts'
import type { IssuerSettings } from '../credentials/issuer-settings.ts'
import type { Database } from '../db/database.ts'

/**
 * Refuses issuers with an alias under which users are stored: these users would be created a second time, without
 * their suspension and their grant.
 *
 * @throws ConfigError with one fault for each alias
 */
export async function requireMergedIssuers(
  database: Pick<Database, 'directory'>,
  issuers: readonly IssuerSettings[],
): Promise<void> {
  const byAlias = issuersByAlias(issuers)
  const unmerged = (await database.directory.findUnmergedAliases?.([...byAlias.keys()])) ?? []
  if (unmerged.length === 0) return
  throw new ConfigError(
    unmerged.map((alias) => ({
      variable: 'JWT_ISSUERS',
      message: unmergedAliasFault(alias, byAlias.get(alias) ?? ''),
    })),
  )
}
