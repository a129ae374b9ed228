import { pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import { errorForLog, isError } from './log/error.ts'
import { secretRemover } from './log/secrets.ts'
import { type Output, standardError } from './log/standard-error.ts'

/** A structured logger. Errors are logged in the field `err`. */
export interface Logger {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
  /** Whether lines of this level are written. */
  isLevelEnabled(level: 'debug' | 'info' | 'warn' | 'error'): boolean
  /** Returns a logger that adds `fields` to every line. */
  child(fields: object): Logger
}

interface LogMethod {
  (fields: object, message: string): void
  (message: string): void
}

export interface LoggerOptions {
  /** The least severe level that is written. */
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  /** Whether lines are formatted for people, not as JSON. Default `false`. */
  readonly pretty?: boolean
  /** Further headers whose values are credentials, in lower case. Default: none. */
  readonly credentialHeaders?: readonly string[]
  /** Default: standard error, because standard output is for the results of commands. */
  readonly destination?: Output
}

/**
 * Creates a logger that writes no credentials. Callers should pass none; as a second line of defence, only
 * known safe properties of errors are logged, and values that are named like a credential or look like one
 * are removed from the finished line.
 */
export function createLogger(options: LoggerOptions): Logger {
  const output = options.destination ?? standardError()
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: createTimestamp(),
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

/** Returns a function that writes the time (RFC 3339). It is formatted once for all lines of a millisecond. */
function createTimestamp(): () => string {
  let last = Number.NaN
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== last) {
      last = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}

/** For a line without a message Pino would use that of the error, without the serializer. */
function withMessage<T extends unknown[]>(args: T): T {
  const [first, message] = args
  if (isError(first)) return [{ err: first }, message ?? errorForLog(first).message] as unknown as T
  return args
}

function prettyInto(output: Output) {
  const format = prettyFactory({ colorize: true, ignore: 'pid,hostname' })
  return { write: (line: string) => output.write(format(line)) }
}
