import { type Cause, describeCause } from './causes.ts'

/** What a connection is used for, as the log and the metrics name it. */
export type ConnectionRole = 'authentication' | 'application' | 'replica' | 'listening'

/** A cause of failures began or ended; each is reported once. */
export interface Trouble {
  readonly kind: 'begins' | 'ends'
  readonly connection: ConnectionRole
  readonly cause: Cause
  /** What is wrong and what to do, in a sentence. */
  readonly message: string
  /** How long it lasted, in milliseconds; 0 where it begins. */
  readonly lasted: number
  /** The failure that showed it; `null` where it ends. */
  readonly error: unknown
}

/** Follows failures and successes of the connections, to tell when a cause begins and when it ends. */
export interface Diagnosis {
  /** @param cause `null`: the failure is not the database's, and is passed over */
  failed(connection: ConnectionRole, cause: Cause | null, error: unknown): void
  /** Costs next to nothing while nothing is wrong. */
  succeeded(connection: ConnectionRole): void
}

export interface DiagnosisOptions {
  readonly report: (trouble: Trouble) => void
  /** Milliseconds, monotonic. Default `performance.now`. */
  readonly now?: () => number
}

/** A cause is over once nothing has failed by it for that long and something works. Milliseconds. */
const quietTime = 5_000

interface Active {
  readonly connection: ConnectionRole
  readonly cause: Cause
  readonly began: number
  lastFailure: number
}

export function createDiagnosis({
  report,
  now = () => performance.now(),
}: DiagnosisOptions): Diagnosis {
  const active = new Map<string, Active>()

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
      const message = describeCause(cause)
      report({ kind: 'begins', connection, cause, message, lasted: 0, error })
    },

    succeeded(connection) {
      if (active.size === 0) return
      const at = now()
      for (const [key, one] of active) {
        if (one.connection !== connection || at - one.lastFailure < quietTime) continue
        active.delete(key)
        const { cause, began } = one
        const message = describeCause(cause)
        report({ kind: 'ends', connection, cause, message, lasted: at - began, error: null })
      }
    },
  }
}
