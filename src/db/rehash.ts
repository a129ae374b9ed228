import { and, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { Rehash } from '../credentials/directory.ts'
import { apiKeys } from './tables.ts'
import type { Transaction } from './transactions.ts'

/**
 * Replaces hashes of secrets by hashes of the same secrets under another pepper. A hash is replaced
 * only if it is still stored and its key is not revoked. A key whose row another transaction has locked
 * is left for its next use.
 */
export async function replaceHashes(
  transaction: Transaction,
  rehashes: readonly Rehash[],
): Promise<void> {
  // A statement of its own locks the rows, so that the following statements see their current values.
  const rows = await transaction
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(
      and(
        inArray(
          apiKeys.id,
          rehashes.map(({ keyId }) => keyId),
        ),
        isNull(apiKeys.revokedAt),
      ),
    )
    .for('no key update', { skipLocked: true })
  const held = new Set(rows.map(({ id }) => id))
  const possible = rehashes.filter(({ keyId }) => held.has(keyId))
  if (possible.length === 0) return
  const given = valuesOf(possible)
  await transaction.execute(sql`
    update ${apiKeys} as stored set secret_hash = given.new, secret_pepper = given.pepper
    from ${given} where stored.id = given.id and stored.secret_hash = given.old`)
  await transaction.execute(sql`
    update ${apiKeys} as stored
    set previous_secret_hash = given.new, previous_secret_pepper = given.pepper
    from ${given} where stored.id = given.id and stored.previous_secret_hash = given.old`)
}

function valuesOf(rehashes: readonly Rehash[]): SQL {
  const rows = rehashes.map(
    ({ keyId, from, to, pepper }) =>
      sql`(${keyId}, decode(${hex(from)}, 'hex'), decode(${hex(to)}, 'hex'), ${pepper})`,
  )
  return sql`(values ${sql.join(rows, sql`, `)}) as given (id, old, new, pepper)`
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex')
}
