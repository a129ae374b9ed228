import type { Command } from 'commander'
import { type Config, ConfigError, loadConfig } from '../config.ts'
import { developmentIssuerPath } from '../credentials/development-issuer-path.ts'
import { createDevelopmentIssuer } from '../http/development-issuer.ts'
import type { CommandContext } from './command-context.ts'
import { durationSeconds, parseList } from './option-values.ts'
import { answer } from './output.ts'

interface Options {
  readonly subject: string
  readonly scope: readonly string[]
  readonly expiresIn: number
  readonly json?: boolean
}

export function addToken(program: Command, context: CommandContext): void {
  program
    .command('token')
    .description('Print a JWT of the development issuer. There is none in production.')
    .requiredOption('--subject <subject>', 'whose token: `sub`')
    .option('--scope <scopes>', 'what it carries; repeat it or separate by spaces', parseList, [])
    .option('--expires-in <duration>', 'how long it lives, at most 24h', durationSeconds, 3600)
    .option('--json', 'answer in JSON as the token endpoint does')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      const config = loadConfig(context.environment)
      const issuer = await createDevelopmentIssuer({
        issuer: issuerUrl(config),
        dataDir: config.dataDir,
        now: context.now,
      })
      const token = await issuer.mint({
        subject: options.subject,
        scope: options.scope.join(' '),
        expiresIn: options.expiresIn,
      })
      answer(context, options, token, () => `${token.access_token}\n`)
    })
}

function issuerUrl({ mode, publicUrl }: Config): string {
  if (mode === 'production') {
    const message = 'is production, where there is no development issuer: ask your own for a token'
    throw new ConfigError([{ variable: 'NODE_ENV', message }])
  }
  if (mode === 'self-run') {
    const message = 'is set, so there is no development issuer: ask your own for a token'
    throw new ConfigError([{ variable: 'JWT_ISSUER', message }])
  }
  if (publicUrl === null) {
    const message = 'must be set while PORT is 0: it is part of the issuer'
    throw new ConfigError([{ variable: 'PUBLIC_URL', message }])
  }
  return publicUrl + developmentIssuerPath
}

const examples = `
Examples:
  $ latchkey token --subject ada --scope "read:users write:users" --expires-in 1h
  $ curl -H "Authorization: Bearer $(latchkey token --subject ada --scope read:users)" \\
    -H 'Content-Type: application/json' -d '{"query":"{ me { subject } }"}' \\
    http://127.0.0.1:4000/graphql`
