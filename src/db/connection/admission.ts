import type postgres from 'postgres'
import type { TargetSessionAttrs } from '../connection-string.ts'
import { NotAdmitted } from './errors.ts'

/** The kind of a server, as reported on the connection itself. */
export interface ServerKind {
  /**
   * The process id that the server, or a pooler in front of it, sent in the handshake; `null` if it
   * sent none.
   */
  readonly backendPid: number | null
  readonly inRecovery: boolean
  /** Whether transactions are read-only by default. */
  readonly readOnly: boolean
}

export async function readServerKind(sql: postgres.Sql): Promise<ServerKind> {
  // Every pooler forwards a simple query.
  const result = await sql.unsafe(
    `select pg_catalog.pg_is_in_recovery() as recovery,
            pg_catalog.current_setting('transaction_read_only') = 'on' as readonly`,
  )
  const [row] = result
  return {
    backendPid: result.state.pid ?? null,
    inRecovery: row?.recovery !== false,
    readOnly: row?.readonly !== false,
  }
}

/**
 * Checks a server against `target_session_attrs` (PostgreSQL documentation, §32.1.2). The transactions
 * of a new session are read-only in recovery, and if `default_transaction_read_only` is on.
 *
 * @throws NotAdmitted
 */
export function admit(
  { inRecovery, readOnly }: ServerKind,
  wanted: TargetSessionAttrs,
  requirePrimary: boolean,
): void {
  if (requirePrimary && inRecovery) {
    throw new NotAdmitted('the server is a standby (in recovery)', 'recovery')
  }
  if (wanted === 'any') return
  const refusal = refusals[wanted]({ inRecovery, readOnly })
  if (refusal !== null) {
    throw new NotAdmitted(
      `${refusal}, which target_session_attrs=${wanted} does not accept`,
      inRecovery ? 'recovery' : readOnly ? 'read-only' : 'unavailable',
    )
  }
}

type Refusal = (kind: Pick<ServerKind, 'inRecovery' | 'readOnly'>) => string | null

const standby: Refusal = ({ inRecovery }) => (inRecovery ? null : 'the server is not a standby')

const refusals: Readonly<Record<Exclude<TargetSessionAttrs, 'any'>, Refusal>> = {
  'read-write': ({ readOnly }) => (readOnly ? 'the server is read-only' : null),
  'read-only': ({ readOnly }) => (readOnly ? null : 'the server is not read-only'),
  primary: ({ inRecovery }) => (inRecovery ? 'the server is a standby' : null),
  standby,
  'prefer-standby': standby,
}
