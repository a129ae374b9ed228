import type { Rechecked } from '../admission/admission.ts'
import { RequestAdmission } from '../admission/request-admission.ts'
import type { Authenticator } from '../credentials/authenticator.ts'
import { LatchkeyError, ServiceUnavailableError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { type Connection, closeConnection } from './connection.ts'

/** The interval between two checks of a WebSocket if nothing is known to have changed, in milliseconds. */
const intervalMs = 30_000

type Recheck = (state: RequestAdmission) => Rechecked | Promise<Rechecked>

/**
 * Closes WebSockets whose credential stops being valid, also those in which no operation runs: when it expires, when
 * its key or user changes, and at an interval for what no change reports, such as a session that ends.
 */
export class ConnectionWatches {
  readonly #watched = new WeakSet<object>()
  readonly #authenticator: Pick<Authenticator, 'onChange'>
  readonly #recheck: Recheck

  /** @param recheck see `Admission.recheck` */
  constructor(authenticator: Pick<Authenticator, 'onChange'>, recheck: Recheck) {
    this.#authenticator = authenticator
    this.#recheck = recheck
  }

  /** Starts with the first operation whose credential was accepted. Further calls for a connection do nothing. */
  watch(connection: Connection, { principal, carrier, userId, authentication }: RequestAdmission) {
    const { key, close, ending } = connection
    // A socket whose end is not known would be watched forever.
    if (principal === null || close === null || ending === null || this.#watched.has(key)) return
    this.#watched.add(key)
    // The state of the operation also refers to its context, which may be large.
    const state = Object.assign(new RequestAdmission(), { carrier, userId, authentication })
    const watch = new ConnectionWatch(principal, () => this.#recheck(state), {
      hasEnded: ending.hasEnded,
      close: (error) => closeConnection(connection, error, true),
    })
    const unsubscribe = this.#authenticator.onChange?.(principal, () => void watch.check())
    watch.onStop = () => unsubscribe?.()
    ending.onEnd(() => watch.stop())
  }
}

interface WatchedSocket {
  readonly hasEnded: () => boolean
  readonly close: (error: LatchkeyError) => void
}

class ConnectionWatch {
  onStop = (): void => {}
  readonly #recheck: () => Rechecked | Promise<Rechecked>
  readonly #socket: WatchedSocket
  #principal: Principal
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(
    principal: Principal,
    recheck: () => Rechecked | Promise<Rechecked>,
    socket: WatchedSocket,
  ) {
    this.#principal = principal
    this.#recheck = recheck
    this.#socket = socket
    this.#schedule()
  }

  async check(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#isOver) return
    if (this.#socket.hasEnded()) return this.stop()
    try {
      this.#decide(await this.#recheck())
    } catch {
      // The next operation reports what is wrong.
    }
    this.#schedule()
  }

  stop(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.onStop()
  }

  #decide(found: Rechecked): void {
    if (!(found instanceof LatchkeyError)) this.#principal = found
    // An outage ends.
    else if (!this.#isOver && !(found instanceof ServiceUnavailableError)) {
      this.stop()
      this.#socket.close(found)
    }
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#isOver) return
    const expiresAt = this.#principal.credential.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY
    const left = expiresAt - Date.now()
    // A tolerance for clocks may keep a credential valid for longer.
    const delay = left > 0 ? Math.min(left, intervalMs) : intervalMs
    this.#timer = setTimeout(() => void this.check(), delay).unref()
  }
}
