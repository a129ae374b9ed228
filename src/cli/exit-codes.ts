import { ConfigError } from '../config.ts'
import type { Cause } from '../db/causes.ts'
import {
  DataDirInUseError,
  EmbeddedStartError,
  EmbeddedUnavailableError,
} from '../db/embedded/errors.ts'
import { causeOfFailure } from '../db/failures.ts'
import { SchemaError } from '../db/migrations/errors.ts'
import { BadUserInputError, ServiceUnavailableError } from '../errors.ts'
import { WorkerStartError } from '../workers/messages.ts'

/** The exit codes of the commands. 69 and 78 are EX_UNAVAILABLE and EX_CONFIG of sysexits.h. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  pending: 3,
  databaseUnavailable: 69,
  configuration: 78,
} as const

export const exitCodeHelp = `Exit codes:
  ${exitCodes.done}   success
  ${exitCodes.failed}   failed, refused or not found
  ${exitCodes.usage}   the command line, or a value in it, is not valid
  ${exitCodes.pending}   \`migrate --status\` found pending migrations
  ${exitCodes.databaseUnavailable}  the database cannot be reached
  ${exitCodes.configuration}  the configuration is not valid (every fault is listed), or the server cannot use the
      database: its schema is not supported, or its role lacks a right`

const databaseFailures = [
  ServiceUnavailableError,
  DataDirInUseError,
  EmbeddedStartError,
  EmbeddedUnavailableError,
]

/** Failures of a database that answers, but whose schema or role has to be changed. */
const configurationCauses: ReadonlySet<Cause | null> = new Set(['schema', 'rights'])

export function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError || error instanceof SchemaError) return exitCodes.configuration
  if (error instanceof PendingMigrationsError) return exitCodes.pending
  if (error instanceof UsageError || error instanceof BadUserInputError) return exitCodes.usage
  if (error instanceof WorkerStartError) return error.exitCode
  if (error instanceof ServiceUnavailableError && configurationCauses.has(causeOfFailure(error))) {
    return exitCodes.configuration
  }
  if (databaseFailures.some((kind) => error instanceof kind)) return exitCodes.databaseUnavailable
  return exitCodes.failed
}

/** The options are valid one by one, but not together or for this input. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** `migrate --status` found pending migrations. */
export class PendingMigrationsError extends Error {
  override readonly name = 'PendingMigrationsError'

  constructor(count: number, command: string) {
    super(
      `${count} migration${count === 1 ? ' is' : 's are'} pending. Run \`${command}\` to apply ${count === 1 ? 'it' : 'them'}.`,
    )
  }
}

/** The key or user that the command names does not exist. */
export class TargetNotFoundError extends Error {
  override readonly name = 'TargetNotFoundError'
  readonly code = 'NOT_FOUND'

  constructor(what: 'API key' | 'user', named: string) {
    super(`There is no ${what} ${JSON.stringify(named)}.`)
  }
}
