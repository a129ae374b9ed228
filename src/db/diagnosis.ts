import { type Cause, describeCause } from './causes.ts'
import { type SchemaNames, standardSchema } from './schema-names.ts'

/** The purpose of a connection, as the log and the metrics name it. */
export type ConnectionRole = 'authentication' | 'application' | 'replica' | 'listening'

/** The beginning or the end of a cause of failures. Each is reported once. */
export interface Trouble {
  readonly kind: 'begins' | 'ends'
  readonly connection: ConnectionRole
  readonly cause: Cause
  /** A sentence that says what is wrong and what to do. */
  readonly message: string
  /** The duration of the failures in milliseconds; 0 at the beginning. */
  readonly lasted: number
  /** The first failure; `null` at the end. */
  readonly error: unknown
}

/**
 * Follows failures and successes of the connections, to report when a cause begins and when it ends.
 */
export interface Diagnosis {
  /** @param cause `null` if the database did not cause the failure, which is then ignored */
  failed(connection: ConnectionRole, cause: Cause | null, error: unknown): void
  /** Records a success. The call is cheap while no cause is active. */
  succeeded(connection: ConnectionRole): void
}

export interface DiagnosisOptions {
  readonly report: (trouble: Trouble) => void
  /** The schema that messages name in commands. Default: `latchkey`. */
  readonly schema?: SchemaNames
  /** A monotonic clock in milliseconds. Default: `performance.now`. */
  readonly now?: () => number
}

/** The time without a failure after which the next success ends a cause. Milliseconds. */
const quietTime = 5_000

interface Active {
  readonly connection: ConnectionRole
  readonly cause: Cause
  readonly began: number
  lastFailure: number
}

export function createDiagnosis({
  report,
  schema = standardSchema,
  now = () => performance.now(),
}: DiagnosisOptions): Diagnosis {
  const active = new Map<string, Active>()
  const describe = (cause: Cause) =>
    describeCause(cause).replace(standardSchema.migrateCommand, schema.migrateCommand)

  return {
    failed(connection, cause, error) {
      if (cause === null) return
      const at = now()
      const key = `${connection} ${cause}`
      const known = active.get(key)
      if (known !== undefined) {
        known.lastFailure = at
        return
      }
      active.set(key, { connection, cause, began: at, lastFailure: at })
      const message = describe(cause)
      report({ kind: 'begins', connection, cause, message, lasted: 0, error })
    },

    succeeded(connection) {
      if (active.size === 0) return
      const at = now()
      for (const [key, one] of active) {
        if (one.connection !== connection || at - one.lastFailure < quietTime) continue
        active.delete(key)
        const { cause, began } = one
        const message = describe(cause)
        report({ kind: 'ends', connection, cause, message, lasted: at - began, error: null })
      }
    },
  }
}
