import type postgres from 'postgres'
import type { TargetSessionAttrs } from '../connection-string.ts'
import { NotAdmitted } from './errors.ts'

/** What a server is, as it said on the very connection that is asked about. */
export interface ServerKind {
  /** Process id that the server, or a pooler before it, gave in the handshake; `null`: none. */
  readonly backendPid: number | null
  readonly inRecovery: boolean
  /** Whether transactions are read-only unless they say otherwise. */
  readonly readOnly: boolean
}

export async function readServerKind(sql: postgres.Sql): Promise<ServerKind> {
  // A simple query, which each pooler passes on.
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
 * Holds a server against `target_session_attrs` (PostgreSQL documentation, §32.1.2). A new session's
 * transactions are read-only in recovery, and where `default_transaction_read_only` says so.
 *
 * @throws NotAdmitted
 */
export function admit(
  { inRecovery, readOnly }: ServerKind,
  wanted: TargetSessionAttrs,
  requirePrimary: boolean,
): void {
  if (requirePrimary && inRecovery) {
    throw new NotAdmitted('the server is in recovery: a standby', 'recovery')
  }
  if (wanted === 'any') return
  const refusal = refusals[wanted]({ inRecovery, readOnly })
  if (refusal !== null) {
    throw new NotAdmitted(
      `${refusal}, and target_session_attrs=${wanted} passes it over`,
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
