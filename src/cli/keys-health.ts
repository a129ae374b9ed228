import { type Command, Option } from 'commander'
import { loadConfig } from '../config.ts'
import type { ApiKey } from '../keys/api-key.ts'
import {
  expiresSoonDays,
  healthTimes,
  idleDays,
  type KeyFinding,
  keyFindings,
  maxCounted,
  unusedScopesDays,
} from '../keys/health.ts'
import type { User } from '../users/user.ts'
import type { CommandContext, OperatorDatabase } from './command-context.ts'
import { findUser } from './find-user.ts'
import { limit } from './option-values.ts'
import { answer, dateTime, scopeText, table } from './output.ts'
import { keyView } from './views.ts'

interface Options {
  readonly owner?: string
  readonly issuer?: string
  readonly finding?: readonly string[]
  readonly limit: number
  readonly json?: boolean
}

interface Finding {
  readonly kind: KeyFinding
  readonly count: number
  readonly keys: readonly ApiKey[]
  /** Whether there are more keys than `keys`. */
  readonly more: boolean
}

export function addKeysHealth(keys: Command, context: CommandContext): void {
  const names = keyFindings.map(nameOf)
  keys
    .command('health')
    .description('List the active API keys that need attention, of all users or of one.')
    .option('--owner <user>', 'only keys of this user: id or subject (default: of all users)')
    .option('--issuer <issuer>', 'the issuer of the owner, if several issuers have that subject')
    .addOption(
      new Option(
        '--finding <findings...>',
        'only these findings, separated by spaces (default: all)',
      ).choices(names),
    )
    .option('--limit <count>', 'the maximum number of keys for each finding, 1 to 1000', limit, 20)
    .option('--json', 'print JSON')
    .addHelpText('after', `\n${explanations()}\n${examples}`)
    .action(async (options: Options) => {
      const now = new Date(context.now())
      const { findings, owners } = await context.withDatabase(
        loadConfig(context.environment),
        (database) => examine(database, options, now),
      )
      const json = {
        findings: findings.map((finding) => ({
          ...finding,
          keys: finding.keys.map((key) => keyView(key, now)),
        })),
      }
      answer(context, options, json, () => findings.map((one) => textOf(one, owners)).join('\n'))
      if (findings.some(({ more }) => more)) {
        context.note('There are more keys. Raise --limit to see them.\n')
      }
    })
}

async function examine(
  { keys, users }: OperatorDatabase,
  { owner, issuer, finding: wanted, limit }: Options,
  now: Date,
) {
  const ownerId = owner === undefined ? null : (await findUser(users, owner, issuer)).id
  const filter = { ownerId, times: healthTimes(now) }
  const findings: Finding[] = []
  for (const kind of keyFindings) {
    if (wanted !== undefined && !wanted.includes(nameOf(kind))) continue
    const page = await keys.listFound(kind, filter, { limit, after: null })
    const count = page.more ? await keys.countFound(kind, filter) : page.rows.length
    findings.push({ kind, count, keys: page.rows.map(({ key }) => key), more: page.more })
  }
  const ids = [...new Set(findings.flatMap(({ keys: found }) => found.map((key) => key.ownerId)))]
  const found = await users.findMany(ids)
  return { findings, owners: new Map(found.flatMap((user) => (user ? [[user.id, user]] : []))) }
}

function textOf({ kind, count, keys }: Finding, owners: ReadonlyMap<string, User>): string {
  const number =
    count === maxCounted ? `${count} keys or more` : `${count} ${count === 1 ? 'key' : 'keys'}`
  const title = `${nameOf(kind)}: ${number}\n`
  if (keys.length === 0) return title
  const headings = ['ID', 'OWNER', 'NAME', 'EXPIRES', 'LAST USED', 'SCOPES']
  const rows = keys.map((key) => [
    key.id,
    owners.get(key.ownerId)?.subject ?? key.ownerId,
    key.name,
    dateTime(key.lineageExpiresAt),
    dateTime(key.lastUsedAt),
    scopeText(key.scopes),
  ])
  return title + table(headings, rows)
}

/** The name of a finding on the command line. */
function nameOf(kind: KeyFinding): string {
  return kind.toLowerCase().replaceAll('_', '-')
}

const meanings: Readonly<Record<KeyFinding, string>> = {
  NEVER_EXPIRES: 'neither the key nor one of its ancestors expires',
  IDLE: `not used for ${idleDays} days`,
  UNUSED_SCOPES: `older than ${unusedScopesDays} days, and some of its scopes were never needed`,
  EXPIRES_SOON: `expires within ${expiresSoonDays} days`,
  PREVIOUS_SECRET_USED: 'the secret before the last rotation still works and is used',
  OWNER_SUSPENDED: 'the owner is suspended',
}

function explanations(): string {
  const lines = keyFindings.map((kind) => `  ${nameOf(kind).padEnd(22)}${meanings[kind]}`)
  return `Findings:\n${lines.join('\n')}`
}

const examples = `
Examples:
  $ latchkey keys health
  $ latchkey keys health --owner ada --json
  $ latchkey keys health --finding idle unused-scopes --limit 100`
