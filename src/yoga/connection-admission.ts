import { RequestAdmission } from '../admission/request-admission.ts'
import { LatchkeyError, ServiceUnavailableError } from '../errors.ts'
import { type Connection, closeConnection } from '../websockets/connection.ts'
import { ConnectionWatches } from '../websockets/connection-watch.ts'
import type { GraphQLAdmission, Refused } from './graphql-admission.ts'
import { requestError } from './graphql-errors.ts'

/** The admission of operations in WebSockets, which are closed when their credential is no longer valid. */
export class ConnectionAdmission {
  readonly #admission: GraphQLAdmission
  readonly #watches: ConnectionWatches
  /** The users of the WebSockets that have had a valid credential. */
  readonly #users = new WeakMap<object, string>()

  constructor(admission: GraphQLAdmission) {
    this.#admission = admission
    this.#watches = new ConnectionWatches(admission.authenticator, admission.recheck)
  }

  /** Admits an operation, which counts as a use of the credential. Its state is on its context. */
  admit(context: object, connection: Connection): Refused {
    const state = new RequestAdmission()
    state.userId = this.#users.get(connection.key) ?? null
    const finish = <T>(refusal: T): T => {
      this.#settle(connection, state)
      return refusal
    }
    try {
      const refusal = this.#admission.admit(context, connection.carrier(), context, state)
      return refusal instanceof Promise ? refusal.then(finish) : finish(refusal)
    } catch (error) {
      if (!(error instanceof LatchkeyError)) throw error
      state.refusal = error
      return finish(requestError(error))
    }
  }

  #settle(connection: Connection, state: RequestAdmission): void {
    if (state.principal !== null) this.#users.set(connection.key, state.principal.userId)
    if (state.refusal !== null) this.close(connection, state.refusal)
    else this.#watches.watch(connection, state)
  }

  /** Closes the WebSocket of a credential that is refused, but not during an outage. */
  close(connection: Connection, error: LatchkeyError): void {
    if (error instanceof ServiceUnavailableError) return
    closeConnection(connection, error, this.#users.has(connection.key))
  }
}
