import type { Command } from 'commander'
import { operator } from '../audit/actor.ts'
import { type Config, loadConfig } from '../config.ts'
import { type ResolvedIssuer, resolveIssuer } from '../credentials/issuer-settings.ts'
import { type IssuerMergeResult, maxListed } from '../users/merge.ts'
import type { CommandContext } from './command-context.ts'
import { UsageError } from './exit-codes.ts'
import { answer, onOneLine, scopeText } from './output.ts'

interface Options {
  readonly dryRun?: boolean
  readonly json?: boolean
}

export function addUsersMergeIssuer(users: Command, context: CommandContext): void {
  users
    .command('merge-issuer <alias> <issuer>')
    .description(
      'Move the users of an alias of an issuer to the issuer itself. The alias must be in `aliases` of that issuer in the configuration. If a subject has a user under both names, one user remains: it has the keys of both, only the scopes that both grants allow, and is suspended if one of them was suspended or deleted. This cannot be undone.',
    )
    .option('--dry-run', 'only print what would change')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (alias: string, issuer: string, options: Options) => {
      const config = loadConfig(context.environment)
      const { scopesFrom } = requireAlias(config, alias, issuer)
      const dryRun = options.dryRun === true
      const nullListsNothing = scopesFrom === 'grant'
      const merge = { alias, issuer, nullListsNothing, dryRun }
      const result = await context.withDatabase(config, ({ mergeIssuer }) =>
        mergeIssuer(merge, operator),
      )
      answer(context, options, { alias, issuer, dryRun, ...result }, () =>
        [
          ...summary(result, dryRun),
          ...limitedLines(result),
          dryRun ? 'Nothing was changed.\n' : '',
        ].join(''),
      )
    })
}

/** @throws UsageError if the configuration does not have the alias */
function requireAlias({ issuers }: Config, alias: string, issuer: string): ResolvedIssuer {
  const resolved = issuers.map(resolveIssuer)
  const found = resolved.find((one) => one.issuer === issuer)
  if (found === undefined) {
    const names = resolved.map((one) => `  ${one.issuer}`).join('\n') || '  (none)'
    throw new UsageError(`No issuer with this name is configured. The issuers are:\n${names}`)
  }
  if (found.names.slice(1).includes(alias)) return found
  throw new UsageError(
    `The configuration does not have ${JSON.stringify(alias)} as an alias of ${issuer}. Add it to \`aliases\` in JWT_ISSUERS first.`,
  )
}

function summary(result: IssuerMergeResult, dryRun: boolean): readonly string[] {
  const { moved, merged, apiKeys, deleted } = result
  const line = (label: string, count: number) => `${label.padEnd(44)}${count}\n`
  const [are, get] = dryRun ? ['would be', 'would get'] : ['were', 'got']
  return [
    line(`Users that ${are} moved:`, moved),
    line(`Users that ${are} merged with another:`, merged),
    line(`API keys that ${get} another owner:`, apiKeys),
    line(`Deleted users that ${are} moved:`, deleted),
  ]
}

/** Names the users that lose scopes or access. */
function limitedLines({ limited, limitedCount }: IssuerMergeResult): readonly string[] {
  if (limitedCount === 0) return []
  const lines = limited.map(({ subject, before, after }) => {
    const [aliased, canonical] = before.map(standing)
    return `  ${onOneLine(subject)}: ${aliased} and ${canonical} become ${standing(after)}\n`
  })
  const more = limitedCount > maxListed ? [`  and ${limitedCount - maxListed} more\n`] : []
  return ['Merged users whose status or grant differs:\n', ...lines, ...more]
}

function standing({ status, scopes }: IssuerMergeResult['limited'][number]['after']): string {
  return onOneLine(`${status} ${scopeText(scopes)}`)
}

const examples = `
Examples:
  $ latchkey users merge-issuer https://acme.eu.auth0.com/ https://login.acme.com/ --dry-run
  $ latchkey users merge-issuer https://acme.eu.auth0.com/ https://login.acme.com/`
