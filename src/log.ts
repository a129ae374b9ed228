import { pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { errorForLog, isError } from './log/error.ts'
import { secretRemover } from './log/secrets.ts'

/** What the rest of the code needs of a logger. An error goes under `err`. */
export interface Logger {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
  /** Whether a line of that level is written at all. */
  isLevelEnabled(level: 'debug' | 'info' | 'warn' | 'error'): boolean
  /** A logger whose every line carries `fields`. */
  child(fields: object): Logger
}

interface LogMethod {
  (fields: object, message: string): void
  (message: string): void
}

export interface LoggerOptions {
  /** Least severe level that is written. */
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  /** For people rather than as JSON, a line each. Default `false`. */
  readonly pretty?: boolean
  /** Headers, beside the usual ones, whose values are credentials; in lower case. Default none. */
  readonly credentialHeaders?: readonly string[]
  /** Default standard error: standard output is for what a command answers. */
  readonly destination?: { write(text: string): void }
}

/**
 * A logger that keeps credentials out of what it writes. Nobody should hand it one; should it happen,
 * errors are reduced to what tells the fault, and the finished line is searched for what is named
 * like a credential or looks like one.
 */
export function createLogger(options: LoggerOptions): Logger {
  const output = options.destination ?? pino.destination({ dest: 2, sync: true })
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorForLog, error: errorForLog, cause: errorForLog },
      hooks: {
        streamWrite: secretRemover(options.credentialHeaders),
        logMethod(args, method) {
          method.apply(this, withMessage(args))
        },
      },
    },
    options.pretty === true ? prettyInto(output) : output,
  )
}

/** Pino would take an error's own message, unread, for a line that has none. */
function withMessage<T extends unknown[]>(args: T): T {
  const [first, message] = args
  if (isError(first)) return [{ err: first }, message ?? errorForLog(first).message] as unknown as T
  return args
}

function prettyInto(output: { write(text: string): void }) {
  const format = prettyFactory({ colorize: true, ignore: 'pid,hostname' })
  return { write: (line: string) => output.write(format(line)) }
}
