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
import { WorkerStartError } from '../server/worker-messages.ts'

/** What a command ends with. 69 and 78 are those of sysexits.h. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  pending: 3,
  databaseUnavailable: 69,
  configuration: 78,
} as const

export const exitCodeHelp = `Exit codes:
  ${exitCodes.done}   done
  ${exitCodes.failed}   failed, refused or not found
  ${exitCodes.usage}   the command line, or a value in it, is not right
  ${exitCodes.pending}   \`migrate --status\` found migrations that are pending
  ${exitCodes.databaseUnavailable}  the database cannot be reached
  ${exitCodes.configuration}  the configuration is not right (every fault is listed), or the database's schema or the
      role's rights are not what it needs`

const databaseFailures = [
  ServiceUnavailableError,
  DataDirInUseError,
  EmbeddedStartError,
  EmbeddedUnavailableError,
]

/** The database answers: its schema, or the rights of the role, are not what is needed. */
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

/** The command line is right by its form but does not say what is needed. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The schema can be brought up to date, and is not yet. */
export class PendingMigrationsError extends Error {
  override readonly name = 'PendingMigrationsError'

  constructor(count: number) {
    super(
      `${count} migration${count === 1 ? ' is' : 's are'} pending: \`latchkey migrate\` applies ${count === 1 ? 'it' : 'them'}.`,
    )
  }
}

/** What the command is about is not there. */
export class TargetNotFoundError extends Error {
  override readonly name = 'TargetNotFoundError'
  readonly code = 'NOT_FOUND'

  constructor(what: 'API key' | 'user', named: string) {
    super(`There is no ${what} ${JSON.stringify(named)}.`)
  }
}
