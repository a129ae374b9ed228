import type { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { type ExplainedCheck, explainJwt, type JwtExplanation } from '../credentials/explain-jwt.ts'
import {
  type ExplainedKeyCheck,
  explainKey,
  type KeyExplanation,
} from '../credentials/explain-key.ts'
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
    .command('explain <->')
    .description(
      'Read a JWT or an API key from standard input (`-`) and explain every check of it. The token itself is never printed, and a key is not looked up.',
    )
    .option('--offline', 'make only the checks that need no configuration and no keys')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (source: string, _own: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      // A token in the arguments would be visible in the list of processes and in the history of the shell.
      if (source !== '-')
        throw new UsageError(
          'Write - and send the token to the standard input: latchkey token explain - < token.txt',
        )
      const text = (await context.input()).trim().replace(header, '')
      if (text === '') throw new UsageError('The standard input has no token.')
      const config = options.offline ? null : loadConfig(context.environment)
      const { what, explanation, lines } = await explain(text, config, context)
      answer(context, options, explanation, () => lines)
      if (explanation.accepted === false) throw new RefusedError(what)
      if (explanation.accepted === null && config !== null) throw new ChecksMissingError()
    })
}

/** The beginning of a header line that carries a credential. */
const header = /^(?:(?:Authorization: *)?Bearer +|X-API-Key: *)/i

/** The token or key is refused. The explanation was printed before. */
class RefusedError extends Error {
  constructor(what: Explained['what']) {
    super(`The ${what} is refused.`)
  }
}

/** A key is not looked up, or the keys of the issuer cannot be fetched: it may be accepted or not. */
class ChecksMissingError extends Error {
  constructor() {
    super('Some checks could not be made.')
  }
}

interface Explained {
  readonly what: 'token' | 'API key'
  readonly explanation: JwtExplanation | KeyExplanation
  readonly lines: string
}

/** @param config `null`: only the checks without a configuration are made */
async function explain(
  text: string,
  config: Config | null,
  context: CommandContext,
): Promise<Explained> {
  const key = explainKey(text, config?.keyPrefix ?? null)
  if (key !== null) return { what: 'API key', explanation: key, lines: keyText(key) }
  const issuers = config === null ? null : await configuredIssuers(config, context)
  const explanation = await explainJwt(text, { issuers, now: context.now() })
  return { what: 'token', explanation, lines: tokenText(explanation) }
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

function keyText({ checks, id }: KeyExplanation): string {
  if (id === undefined) return checksTable(checks)
  return `${checksTable(checks)}This is an API key. The keys page (/keys/${id}) and \`latchkey keys list --owner <user>\` show its
state, and \`latchkey audit --target ${id}\` its changes.\n`
}

function tokenText({ checks, accepted, issuer, subject, scopes }: JwtExplanation): string {
  const user = subject === undefined ? '' : `\nThe user is ${subject} of ${issuer}.`
  const carried = scopes === null ? 'those in the grant of the user' : scopes?.join(' ') || '(none)'
  const verdict =
    accepted === null ? 'Some checks were not made; the others passed.' : 'The token is accepted.'
  const result = accepted === false ? '' : `${verdict}${user}\nIts scopes are: ${carried}\n`
  return checksTable(checks, 'jwt-') + result
}

function checksTable(checks: readonly (ExplainedCheck | ExplainedKeyCheck)[], kind = ''): string {
  const rows = checks.map(({ check, ok, detail, reason }) => {
    const result = ok === null ? 'not checked' : ok ? 'ok' : `${kind}${reason}`
    return [result, check, detail]
  })
  return table(['RESULT', 'CHECK', 'DETAIL'], rows)
}

const examples = `
Examples:
  $ pbpaste | latchkey token explain -
  $ latchkey token explain - --offline < token.txt`
