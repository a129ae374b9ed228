import type { Connection, ConnectOptions } from '../connect.ts'
import type { ConnectionTarget, HostTarget, TargetSessionAttrs } from '../connection-string.ts'
import { isRefusedSetting } from '../failures.ts'
import type { Address } from './addresses.ts'
import { admit, readServerKind } from './admission.ts'
import { ConnectionLost, isRefusedLogin, NotAdmitted, TlsError } from './errors.ts'
import { startSession } from './session.ts'
import { openSocket } from './socket.ts'
import { type TlsOptionsFor, type Wire, wiresFor } from './tls.ts'

export interface Attempt {
  readonly target: ConnectionTarget
  readonly host: HostTarget
  readonly address: Address
  readonly tls: TlsOptionsFor | null
  readonly attributes: TargetSessionAttrs
  readonly options: ConnectOptions
  readonly signal: AbortSignal
}

/**
 * Connects to one address, in each way that `sslmode` allows until the server accepts the login.
 *
 * @throws the cause of the refused login if there was one, otherwise the cause of the last failure
 */
export async function attempt(parameters: Attempt): Promise<Connection> {
  const { statementTimeout = null } = parameters.options
  const failures: unknown[] = []
  for (const wire of wiresFor(parameters.target.tls.mode, parameters.address.isUnixSocket)) {
    try {
      return await login(wire, statementTimeout, parameters).catch((error: unknown) => {
        if (statementTimeout === null || !isRefusedSetting(error)) throw error
        return login(wire, null, parameters)
      })
    } catch (error) {
      failures.push(error)
      // The server may accept with TLS, or without it, a login that it refuses otherwise.
      if (!(error instanceof TlsError || isRefusedLogin(error))) break
    }
  }
  throw failures.find(isRefusedLogin) ?? failures.at(-1)
}

async function login(
  wire: Wire,
  statementTimeout: number | null,
  { target, host, address, tls, attributes, options, signal }: Attempt,
): Promise<Connection> {
  const socket = await openSocket({
    where: address.where,
    wire,
    tls: tls?.(host) ?? null,
    direct: target.tls.negotiation === 'direct',
    keepsProcessAlive: options.keepsProcessAlive ?? true,
    signal,
  })
  let handedOut = false
  const session = startSession(socket, target, host, {
    applicationName: options.applicationName,
    statementTimeout,
    onclose: () => handedOut && options.onclose?.(),
    onnotify: options.onnotify ?? null,
  })
  signal.addEventListener('abort', session.destroy)
  try {
    const kind = await readServerKind(session.sql)
    admit(kind, attributes, options.requirePrimary ?? false)
    signal.throwIfAborted()
    if (!session.alive) throw new ConnectionLost()
    handedOut = true
    return Object.assign(session, kind, {
      host: host.host,
      port: host.port,
      statementTimeout,
    })
  } catch (error) {
    if (error instanceof NotAdmitted) void session.close()
    else session.destroy()
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', session.destroy)
  }
}
