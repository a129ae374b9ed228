/** What of an error may be written: nothing that carries what a query or a request was given. */
export interface ErrorForLog {
  readonly type: string
  readonly message: string
  readonly stack?: string
  readonly cause?: ErrorForLog
  readonly errors?: readonly ErrorForLog[]
  readonly [detail: string]: unknown
}

/** Set by Node, by PostgreSQL (its protocol's error fields §54.8, without values) and by ourselves. */
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
 * An error as it is logged: its name, message, stack, the causes behind it and the details that are
 * listed here. Others are left out, for drivers hang the whole query with its parameters on them.
 */
export function errorForLog(thrown: unknown): ErrorForLog {
  return describe(thrown, 0)
}

function describe(thrown: unknown, depth: number): ErrorForLog {
  if (!isError(thrown)) return { type: typeof thrown, message: 'not an Error was thrown' }
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

/** Drizzle puts a query's parameters into the message, after the SQL. */
function withoutParameters(message: string): string {
  return message.startsWith('Failed query:') ? message.replace(/\nparams:[\s\S]*/, '') : message
}

/** The stack without its head, which repeats the message. */
function frames(error: Error): readonly string[] {
  return (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
}
