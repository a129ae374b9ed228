import { type Command, Option } from 'commander'
import { operator } from '../audit/actor.ts'
import { type Config, loadConfig } from '../config.ts'
import { isDevelopmentIssuer } from '../credentials/development-issuer-path.ts'
import { ConflictError } from '../errors.ts'
import { requireDistinctScopes, requireInCatalogue } from '../scope-rules.ts'
import { optionalText } from '../text-rules.ts'
import { optionalEmail, requiredSubject, userNameRule } from '../users/rules.ts'
import type { CommandContext } from './command-context.ts'
import { developmentIssuerUrl } from './development-issuer.ts'
import { UsageError } from './exit-codes.ts'
import { answer, scopeText } from './output.ts'
import { acceptScope, scopesOption } from './scopes-option.ts'
import { userView } from './views.ts'

interface Options {
  readonly issuer?: string
  readonly scopes?: readonly string[]
  /** `false`: `--no-ceiling` is given. */
  readonly ceiling: boolean
  readonly email?: string
  readonly name?: string
  readonly json?: boolean
}

export function addUsersCreate(users: Command, context: CommandContext): void {
  acceptScope(users.command('create <subject>'))
    .description(
      'Create a user before its first sign-in, such as the first administrator. Its JWTs carry that `sub`.',
    )
    .option('--issuer <issuer>', 'the issuer of the user, if several issuers are configured')
    .addOption(
      scopesOption(
        'the grant of the user, separated by commas; "" for no scope (default: DEFAULT_USER_SCOPES, otherwise no scope)',
      ),
    )
    .addOption(
      new Option(
        '--no-ceiling',
        'no ceiling: the issuer decides which scopes the user has, except administrative ones',
      ).conflicts('scopes'),
    )
    .option('--email <address>', 'the e-mail address of the user')
    .option('--name <name>', 'the name of the user')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (text: string, options: Options) => {
      const config = loadConfig(context.environment)
      const subject = requiredSubject('subject', text)
      const issuer = await issuerOf(config, context.environment, options.issuer)
      const scopes = options.ceiling ? grantOf(config, options) : null
      const email = optionalEmail('email', options.email)
      const name = optionalText('name', options.name, userNameRule)
      const user = await context.withDatabase(config, async ({ users: store, catalogue }) => {
        requireInCatalogue('scopes', scopes ?? [], catalogue)
        return await store.insert({ issuer, subject, email, name, scopes }, operator)
      })
      if (user === 'duplicate') {
        throw new ConflictError(
          `The user ${JSON.stringify(subject)} of ${issuer} exists already. Set its grant with latchkey users grant.`,
        )
      }
      answer(
        context,
        options,
        { user: userView(user) },
        () =>
          `Created ${user.subject} of ${user.issuer} (${user.id}), who holds ${scopeText(user.scopes)}.\n`,
      )
    })
}

function grantOf({ defaultUserScopes }: Config, { scopes }: Options): readonly string[] {
  return requireDistinctScopes('scopes', scopes ?? defaultUserScopes ?? [])
}

async function trustedIssuers(
  config: Config,
  environment: CommandContext['environment'],
): Promise<readonly string[]> {
  if (config.mode !== 'development') return config.issuers.map(({ issuer }) => issuer)
  const own = await developmentIssuerUrl(config, environment)
  return own === null ? [] : [own]
}

/** @throws UsageError if the issuer is not trusted, or is not given where several are */
async function issuerOf(
  config: Config,
  environment: CommandContext['environment'],
  given: string | undefined,
): Promise<string> {
  if (config.mode === 'development' && given !== undefined && isDevelopmentIssuer(given))
    return given
  const trusted = await trustedIssuers(config, environment)
  const listed = trusted.map((issuer) => `  ${issuer}`).join('\n')
  if (given !== undefined) {
    if (trusted.includes(given)) return given
    throw new UsageError(`The server does not trust this issuer. It trusts:\n${listed}`)
  }
  const [only, ...others] = trusted
  if (only === undefined) {
    throw new UsageError('PORT is 0, so the development issuer has no fixed URL: set PUBLIC_URL.')
  }
  if (others.length === 0) return only
  throw new UsageError(`Several issuers are configured. Choose one with --issuer:\n${listed}`)
}

const examples = `
Examples:
  $ latchkey users create ada --scopes read:users,write:users,write:grants
  $ latchkey users create 'auth0|5f7c' --issuer https://acme.eu.auth0.com/ --email ada@example.com --json`
