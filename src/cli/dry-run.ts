import type { ApiKey } from '../keys/api-key.ts'
import { type AffectedKeys, lostScopes } from '../keys/consequences.ts'
import type { CommandContext, OperatorDatabase } from './command-context.ts'
import { answer, dateTime, table } from './output.ts'
import { keyView } from './views.ts'

/** A key that a change would stop or narrow. */
interface Consequence {
  readonly key: ApiKey
  readonly stops: boolean
  readonly lostScopes: readonly { readonly scope: string; readonly lastUsedAt: Date | null }[]
}

const pageSize = 100

/** Reads the keys that a change would stop or narrow, newest first. `null` affects none. */
export async function readConsequences(
  { keys }: Pick<OperatorDatabase, 'keys'>,
  affected: AffectedKeys | null,
): Promise<readonly Consequence[]> {
  const found: Consequence[] = []
  let after = null
  for (let more = affected !== null; affected !== null && more; ) {
    const request = { limit: pageSize, after, before: null, fromEnd: false }
    const page = await keys.listAffected(affected, request)
    const uses = await keys.findScopeUses(page.rows.map(({ id }) => id))
    for (const [n, key] of page.rows.entries()) {
      const lastUses = new Map(uses[n]?.map(({ scope, lastUsedAt }) => [scope, lastUsedAt]))
      found.push({
        key,
        stops: affected.effect.kind === 'stop',
        lostScopes: lostScopes(key, affected).map((scope) => ({
          scope,
          lastUsedAt: lastUses.get(scope) ?? null,
        })),
      })
      after = { at: key.createdAt, id: key.id }
    }
    more = page.more
  }
  return found
}

/** Prints what a command with `--dry-run` would have done to keys. */
export function answerConsequences(
  context: CommandContext,
  options: { readonly json?: boolean | undefined },
  consequences: readonly Consequence[],
): void {
  const now = new Date(context.now())
  const json = {
    keys: consequences.map(({ key, ...consequence }) => ({
      apiKey: keyView(key, now),
      ...consequence,
    })),
  }
  answer(context, options, json, () => textOf(consequences))
  context.note('Nothing was changed.\n')
}

function scopeUse({ scope, lastUsedAt }: Consequence['lostScopes'][number]): string {
  return lastUsedAt === null ? scope : `${scope} (used ${dateTime(lastUsedAt)})`
}

function textOf(consequences: readonly Consequence[]): string {
  if (consequences.length === 0) return 'No active key would stop working or lose scopes.\n'
  const rows = consequences.map(({ key, stops, lostScopes: lost }) => [
    key.id,
    key.name,
    stops ? 'stops' : 'loses scopes',
    dateTime(key.lastUsedAt),
    lost.map(scopeUse).join(', ') || '(none)',
  ])
  return table(['ID', 'NAME', 'EFFECT', 'LAST USED', 'LOST SCOPES'], rows)
}
