import { type Command, Option } from 'commander'
import { type Config, ConfigError, loadConfig } from '../config.ts'
import { createDevelopmentIssuer } from '../development/issuer.ts'
import type { CommandContext } from './command-context.ts'
import { developmentIssuerUrl } from './development-issuer.ts'
import { durationSeconds } from './option-values.ts'
import { answer } from './output.ts'
import { acceptScope, scopesOption } from './scopes-option.ts'
import { addTokenExplain } from './token-explain.ts'

interface Options {
  readonly subject?: string
  readonly scopes: readonly string[]
  readonly expiresIn: number
  readonly json?: boolean
}

export function addToken(program: Command, context: CommandContext): void {
  const command = acceptScope(program.command('token'))
    .description(
      'Print a JWT of the development issuer. It works only in development: without a JWT issuer, outside production.',
    )
    .option('--subject <subject>', 'the subject (`sub`) of the token, such as ada; required')
    .addOption(
      scopesOption(
        'the scopes of the token, separated by spaces or commas; may be repeated',
      ).default([], 'none'),
    )
    .addOption(
      new Option('--expires-in <duration>', 'the lifetime of the token, at most 24h')
        .argParser(durationSeconds)
        .default(3600, '1h'),
    )
    .option('--json', 'print JSON in the form of a token endpoint (RFC 6749 §5.1)')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      const { subject } = options
      // A required option of this command would be required by `token explain` too.
      if (subject === undefined) {
        return command.error("error: required option '--subject <subject>' not specified")
      }
      const config = loadConfig(context.environment)
      const issuer = await createDevelopmentIssuer({
        issuer: await issuerUrl(config, context.environment),
        dataDir: config.dataDir,
        now: context.now,
      })
      const token = await issuer.mint({
        subject,
        scope: options.scopes.join(' '),
        expiresIn: options.expiresIn,
      })
      answer(context, options, token, () => `${token.access_token}\n`)
    })
  addTokenExplain(command, context)
}

async function issuerUrl(
  config: Config,
  environment: CommandContext['environment'],
): Promise<string> {
  const { mode } = config
  if (mode === 'production') {
    const message =
      'is `production`, where there is no development issuer: get a token from your issuer'
    throw new ConfigError([{ variable: 'NODE_ENV', message }])
  }
  if (mode === 'self-run') {
    const message = 'is set, so there is no development issuer: get a token from your issuer'
    throw new ConfigError([{ variable: 'JWT_ISSUER', message }])
  }
  const issuer = await developmentIssuerUrl(config, environment)
  if (issuer === null) {
    const message = 'must be set where PORT is 0: it is part of the issuer of the token'
    throw new ConfigError([{ variable: 'PUBLIC_URL', message }])
  }
  return issuer
}

const examples = `
The issuer is the server that started last with the same DATA_DIR, unless
PUBLIC_URL or PORT is set.

Examples:
  $ latchkey token --subject ada --scopes "read:users write:users" --expires-in 1h
  $ curl -H "Authorization: Bearer $(latchkey token --subject ada --scopes read:users)" \\
    -H 'Content-Type: application/json' -d '{"query":"{ me { subject } }"}' \\
    http://127.0.0.1:4000/graphql`
