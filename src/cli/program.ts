import { type Argument, Command, CommanderError } from 'commander'
import { ConfigError } from '../config.ts'
import { describeCause } from '../db/causes.ts'
import { ConnectError } from '../db/connection/errors.ts'
import { causeOfFailure } from '../db/failures.ts'
import { LatchkeyError, ServiceUnavailableError } from '../errors.ts'
import { secretRemover } from '../log/secrets.ts'
import { UnknownScopeError } from '../scope-rules.ts'
import { addAudit } from './audit.ts'
import type { CommandContext } from './command-context.ts'
import { exitCodeHelp, exitCodeOf, exitCodes, TargetNotFoundError } from './exit-codes.ts'
import { addHelp } from './help.ts'
import { addIdentityKeys } from './identity-keys.ts'
import { addKeysCreate } from './keys-create.ts'
import { addKeysHealth } from './keys-health.ts'
import { addKeysList } from './keys-list.ts'
import { addKeysPeppers } from './keys-peppers.ts'
import { addKeysRevoke } from './keys-revoke.ts'
import { addKeysRotate } from './keys-rotate.ts'
import { listenFault } from './listen-fault.ts'
import { addMigrate } from './migrate.ts'
import { messageWithOption } from './option-names.ts'
import { onOneLine } from './output.ts'
import { addSchema } from './schema.ts'
import { addScopes } from './scopes.ts'
import { addServe } from './serve.ts'
import { addToken } from './token.ts'
import { addUsersCreate } from './users-create.ts'
import { addUsersDelete } from './users-delete.ts'
import { addUsersGrant } from './users-grant.ts'
import { addUsersList } from './users-list.ts'
import { addUsersMergeIssuer } from './users-merge-issuer.ts'
import { addUsersReactivate } from './users-reactivate.ts'
import { addUsersSuspend } from './users-suspend.ts'
import { withWarnings } from './warnings.ts'

const withoutSecrets = secretRemover()

function createProgram(context: CommandContext): Command {
  const program = new Command('latchkey')
    .description('Run and operate a GraphQL server that accepts API keys and JWTs alike.')
    .version(context.version)
    .exitOverride()
    .configureOutput({ writeOut: context.out, writeErr: context.note })
    .configureHelp({ subcommandTerm: termOf })
    .addHelpText('after', `\n${exitCodeHelp}\n${examples}`)
  addServe(program, context)
  addMigrate(program, context)
  addSchema(program, context)
  addScopes(program, context)
  addToken(program, context)
  addIdentityKeys(program, context)
  addAudit(program, context)
  const keys = program
    .command('keys')
    .description("List, examine, create, rotate and revoke users' API keys.")
    .addHelpText('after', keysExamples)
  addKeysList(keys, context)
  addKeysHealth(keys, context)
  addKeysCreate(keys, context)
  addKeysRotate(keys, context)
  addKeysRevoke(keys, context)
  addKeysPeppers(keys, context)
  const users = program
    .command('users')
    .description('List, create, suspend, reactivate, delete and merge users, and set their grants.')
    .addHelpText('after', usersExamples)
  addUsersList(users, context)
  addUsersCreate(users, context)
  addUsersGrant(users, context)
  addUsersSuspend(users, context)
  addUsersReactivate(users, context)
  addUsersDelete(users, context)
  addUsersMergeIssuer(users, context)
  addHelp(program)
  pointToHelp(program, program.name())
  return program
}

/** Lets an error in the command line name the command that shows what is right. */
function pointToHelp(command: Command, words: string) {
  command.showHelpAfterError(`(See \`${words} --help\`.)`)
  for (const one of command.commands) pointToHelp(one, `${words} ${one.name()}`)
}

/** Leaves out `[options]`, which every command has: beside a longer term, Commander does not wrap the descriptions. */
function termOf(command: Command): string {
  return [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' ')
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

/**
 * Runs a command and reports an error to standard error, as JSON where `--json` is given.
 *
 * @param words the arguments of the command line, without the name of the program
 * @returns the exit code
 */
export async function runCommand(
  words: readonly string[],
  context: CommandContext,
): Promise<number> {
  const json = words.includes('--json')
  // Commander writes its errors as text before it throws them.
  const quiet = json ? { ...context, note: () => {} } : context
  let command: Command | undefined
  try {
    await createProgram(withWarnings(quiet))
      .hook('preAction', (_program, running) => {
        command = running
      })
      .parseAsync(words, { from: 'user' })
    return exitCodes.done
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.done
    const commandLine = error instanceof CommanderError
    const code = commandLine ? exitCodes.usage : exitCodeOf(error)
    if (json) context.note(`${JSON.stringify({ error: errorView(error, code, command) })}\n`)
    else if (!commandLine) context.note(`latchkey: ${messageOf(error, command)}\n`)
    return code
  }
}

function errorView(error: unknown, exitCode: number, command: Command | undefined) {
  return {
    // Commander begins its messages with this word.
    message: messageOf(error, command).replace(/^error: /, ''),
    exitCode,
    ...(hasCode(error) ? { code: error.code } : {}),
    ...(error instanceof ConfigError ? { faults: error.faults } : {}),
  }
}

function hasCode(error: unknown): error is LatchkeyError | TargetNotFoundError {
  return error instanceof LatchkeyError || error instanceof TargetNotFoundError
}

/** @param command the command that failed; `undefined`: none has run */
function messageOf(error: unknown, command: Command | undefined): string {
  if (error instanceof ServiceUnavailableError) {
    const sentence = describeCause(causeOfFailure(error) ?? 'unavailable')
    // Each address has its own cause, such as the fault of a certificate. The sentence names none of them.
    const failures = error.cause instanceof ConnectError ? error.cause.errors : []
    const detail = [...new Set(failures.map(({ message }) => message))].join('; ')
    return detail === '' ? sentence : `${sentence} (${onOneLine(withoutSecrets(detail))})`
  }
  if (error instanceof UnknownScopeError) {
    return `${messageWithOption(error, command)} SCOPES_FILE names a file with further scopes, such as those of your application.`
  }
  const fault = listenFault(error)
  if (fault !== null) return fault
  return withoutSecrets(
    error instanceof Error
      ? messageWithOption(error, command)
      : 'The command failed for an unknown reason.',
  )
}

const examples = `
Examples:
  $ latchkey serve
  $ latchkey token --subject ada --scopes read:users
  $ latchkey keys create --owner ada --name ci --scopes read:users --expires-in 90d
  $ latchkey users list --json`

const keysExamples = `
Examples:
  $ latchkey keys list --owner ada
  $ latchkey keys health
  $ latchkey keys create --owner ada --name ci --scopes read:users --expires-in 90d
  $ latchkey keys rotate 4fQ1Zs0bKx8TtYv2 --grace-period 1h
  $ latchkey keys revoke 4fQ1Zs0bKx8TtYv2 --wait`

const usersExamples = `
Examples:
  $ latchkey users list --search ada
  $ latchkey users create ada --scopes read:users,read:keys
  $ latchkey users grant ada --scopes read:users,read:keys`
