import type { Command } from 'commander'
import { BadUserInputError, ConflictError } from '../errors.ts'

/** The options that give a value for a field of the API, where their names differ from it. */
const optionsOfField: Readonly<Record<string, readonly string[]>> = {
  expiresAt: ['expiresAt', 'expiresIn'],
  gracePeriodSeconds: ['gracePeriod'],
  name: ['name', 'createKey'],
}

/**
 * Returns the message of `error`, with the option of `command` in place of the field of the API that the rules of keys
 * and users name.
 */
export function messageWithOption(error: Error, command: Command | undefined): string {
  if (error instanceof BadUserInputError) {
    const { field } = error
    const given = (optionsOfField[field] ?? [field]).find(
      (name) => command?.getOptionValueSource(name) === 'cli',
    )
    return replaced(error.message, field, longOf(command, given))
  }
  if (error instanceof ConflictError) {
    return replaced(error.message, 'force', longOf(command, 'force'))
  }
  return error.message
}

function longOf(command: Command | undefined, name: string | undefined): string | undefined {
  return command?.options.find((option) => option.attributeName() === name)?.long
}

/** Replaces the first mention alone: a later one may be a value. */
function replaced(message: string, field: string, option: string | undefined): string {
  return option === undefined ? message : message.replace(`\`${field}\``, () => `\`${option}\``)
}
