/** The loggable form of an error. It contains no parameters of queries and no values of requests. */
export interface ErrorForLog {
  readonly type: string
  readonly message: string
  readonly stack?: string
  readonly cause?: ErrorForLog
  readonly errors?: readonly ErrorForLog[]
  readonly [detail: string]: unknown
}

/** Properties without values, set by Node, by PostgreSQL (error fields, protocol §54.8) and by this package. */
const details = [
  'code',
  'syscall',
  'severity',
  'routine',
  'schema_name',
  'table_name',
  'column_name',
  'constraint_name',
  'retryAfterSeconds',
  'field',
]

const deepest = 5

export function isError(value: unknown): value is Error {
  return value instanceof Error
}

/**
 * Converts an error for the log: name, message, stack, causes and the properties listed above. Other
 * properties are left out, because drivers add the query with its parameters to their errors.
 */
export function errorForLog(thrown: unknown): ErrorForLog {
  return describe(thrown, 0)
}

function describe(thrown: unknown, depth: number): ErrorForLog {
  if (!isError(thrown))
    return { type: typeof thrown, message: 'A value that is not an Error was thrown.' }
  const message = withoutParameters(thrown.message)
  const described: Record<string, unknown> = {}
  for (const name of details) {
    const value: unknown = Reflect.get(thrown, name)
    if (typeof value === 'string' || typeof value === 'number') described[name] = value
  }
  return {
    ...described,
    type: thrown.name,
    message,
    stack: [`${thrown.name}: ${message}`, ...frames(thrown)].join('\n'),
    ...(depth < deepest && thrown.cause !== undefined
      ? { cause: describe(thrown.cause, depth + 1) }
      : {}),
    ...(depth < deepest && thrown instanceof AggregateError
      ? { errors: thrown.errors.slice(0, 10).map((error: unknown) => describe(error, depth + 1)) }
      : {}),
  }
}

/** Drizzle's messages contain the SQL of the query and then its parameters. */
function withoutParameters(message: string): string {
  return message.startsWith('Failed query:') ? message.replace(/\nparams:[\s\S]*/, '') : message
}

/** Returns the lines of the stack without its first lines, which repeat the message. */
function frames(error: Error): readonly string[] {
  return (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
}
