import type { Trouble } from '../db/diagnosis.ts'
import { type ErrorForLog, errorForLog, isError } from '../log/error.ts'
import { secretRemover } from '../log/secrets.ts'
import type { Logger } from '../log.ts'

/** Receives messages, each a text of one line. `console` and the loggers of Pino and Fastify are such logs. */
export interface DirectoryLog {
  warn(message: string): void
  info(message: string): void
}

/** Reports when a database connection becomes unusable and when it is usable again. */
export function reportTroubleTo(log: DirectoryLog): (trouble: Trouble) => void {
  return ({ kind, connection, message }) => {
    const text = `Latchkey's ${connection} connection. ${message}`
    if (kind === 'begins') log.warn(text)
    else log.info(`${text} This problem has ended.`)
  }
}

/** Returns a structured logger that writes each line as a text, without secrets and without stacks. */
export function structuredLog(log: DirectoryLog): Pick<Logger, 'warn' | 'info'> {
  return {
    warn: (...line: LogLine) => log.warn(textOf(line)),
    info: (...line: LogLine) => log.info(textOf(line)),
  }
}

const withoutSecrets = secretRemover()

type LogLine = [message: string] | [fields: object, message: string]

function textOf(line: LogLine): string {
  const [fields, message] = line.length === 1 ? [{}, line[0]] : line
  const details = Object.entries(fields).map(([name, value]) =>
    isError(value) ? messagesOf(errorForLog(value)) : `${name}: ${JSON.stringify(value)}`,
  )
  const text = [`Latchkey: ${message}`, ...details].join('; ')
  return withoutSecrets(text.replace(/\s+/g, ' '))
}

/** Joins the messages of an error and its causes. */
function messagesOf({ message, cause }: ErrorForLog): string {
  return cause === undefined ? message : `${message} ${messagesOf(cause)}`
}
