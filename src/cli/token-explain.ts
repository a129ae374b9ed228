import type { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { type ExplainedCheck, explainJwt, type JwtExplanation } from '../credentials/explain-jwt.ts'
import { type ResolvedIssuer, resolveIssuer } from '../credentials/issuer-settings.ts'
import { createDevelopmentIssuer } from '../development/issuer.ts'
import type { CommandContext } from './command-context.ts'
import { developmentIssuerUrl } from './development-issuer.ts'
import { UsageError } from './exit-codes.ts'
import { answer, table } from './output.ts'

interface Options {
  readonly offline?: boolean
  readonly json?: boolean
}

export function addTokenExplain(token: Command, context: CommandContext): void {
  token
    .command('explain <file>')
    .description(
      'Read a JWT from standard input (`-`) and explain every check of it. The token itself is never printed.',
    )
    .option('--offline', 'make only the checks that need no configuration and no keys')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (file: string, _own: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      // A token in the arguments would be visible in the list of processes and in the history of the shell.
      if (file !== '-') throw new UsageError('Write - and send the token to the standard input.')
      const text = (await context.input()).trim().replace(/^(?:Authorization: *)?Bearer +/i, '')
      if (text === '') throw new UsageError('The standard input has no token.')
      const issuers = options.offline
        ? null
        : await configuredIssuers(loadConfig(context.environment), context)
      const explanation = await explainJwt(text, { issuers, now: context.now() })
      answer(context, options, explanation, () => explanationText(explanation))
      if (explanation.accepted === false) throw new TokenRefusedError()
      if (explanation.accepted === null && !options.offline) throw new ChecksMissingError()
    })
}

/** The token is refused. The explanation was printed before. */
class TokenRefusedError extends Error {
  constructor() {
    super('The token is refused.')
  }
}

/** The keys of the issuer cannot be fetched, so that the token may be accepted or not. */
class ChecksMissingError extends Error {
  constructor() {
    super('Some checks could not be made.')
  }
}

async function configuredIssuers(
  config: Config,
  { now, environment }: CommandContext,
): Promise<readonly ResolvedIssuer[]> {
  const issuer =
    config.mode === 'development' ? await developmentIssuerUrl(config, environment) : null
  if (issuer === null) return config.issuers.map(resolveIssuer)
  const { settings } = await createDevelopmentIssuer({ issuer, dataDir: config.dataDir, now })
  return [resolveIssuer(settings)]
}

function explanationText(explanation: JwtExplanation): string {
  const { accepted, issuer, subject, scopes } = explanation
  const rows = explanation.checks.map(({ check, detail, ...one }) => [resultOf(one), check, detail])
  const user = subject === undefined ? '' : `\nThe user is ${subject} of ${issuer}.`
  const carried = scopes === null ? 'those in the grant of the user' : scopes?.join(' ') || '(none)'
  const verdict =
    accepted === null ? 'Some checks were not made; the others passed.' : 'The token is accepted.'
  const result = accepted === false ? '' : `${verdict}${user}\nIts scopes are: ${carried}\n`
  return table(['RESULT', 'CHECK', 'DETAIL'], rows) + result
}

function resultOf({ ok, reason }: Pick<ExplainedCheck, 'ok' | 'reason'>): string {
  if (ok === null) return 'not checked'
  return ok ? 'ok' : `jwt-${reason}`
}

const examples = `
Examples:
  $ pbpaste | latchkey token explain -
  $ latchkey token explain - --offline < token.txt`
