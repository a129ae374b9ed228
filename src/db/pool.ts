import { DeadlineExceeded, type Watch } from './deadline.ts'
import {
  asFailure,
  isConnectionFailure,
  isReadOnly,
  isRefusedSetting,
  isStatementLost,
} from './failures.ts'
import { type Link, type LinkOptions, openLink, type Prepare } from './link.ts'
import { UnprovenServerError } from './proof.ts'

/** Connections, with statements `prepared` for each. */
export interface Pool<Prepared> {
  /** @throws ServiceUnavailableError when the database cannot answer, or not before it is overdue */
  run<T>(work: (prepared: Prepared) => Promise<T>, options?: RunOptions): Promise<T>
  close(): Promise<void>
}

export interface RunOptions {
  /** `work` may be done again where its connection was lost: it only reads. Default: false. */
  readonly repeatable?: boolean
}

export interface PoolOptions<Prepared> {
  readonly link: LinkOptions
  /** Connections at most. */
  readonly size: number
  readonly prepare: Prepare<Prepared>
  /** Starts the time that `work` may take. */
  readonly watch: () => Watch
  /** Told how each attempt ended. Default: nothing is. */
  readonly observer?: { failed(error: unknown): void; worked(): void }
}

/**
 * A connection is given up when it fails, when its server proves not to be the primary, and also when an
 * answer is overdue: one that the network swallowed looks merely slow for as long as TCP keeps trying.
 * The next work gets a new one.
 */
export function createPool<Prepared>(options: PoolOptions<Prepared>): Pool<Prepared> {
  const { size, prepare, watch, observer } = options
  let linkOptions = options.link
  const slots = Array.from({ length: size }, newSlot<Prepared>)

  /** A new one where there is none, or none with the options that were learnt since. */
  function linkOf(slot: Slot<Prepared>): Link<Prepared> {
    const { link, options } = slot
    if (link?.alive && (options === linkOptions || slot.busy > 0)) return link
    void link?.close()
    slot.options = linkOptions
    slot.link = openLink(linkOptions, prepare)
    return slot.link
  }

  async function attempt<T>(work: (prepared: Prepared) => Promise<T>, overdue: Promise<never>) {
    const slot = leastBusy(slots)
    const link = linkOf(slot)
    slot.busy++
    try {
      const prepared = link.prepared ?? (await Promise.race([link.opened, overdue]))
      return await Promise.race([work(prepared), overdue])
    } catch (error) {
      if (endsConnection(error)) link.cut()
      // The others lead to the same server, which became a standby.
      if (isReadOnly(error)) for (const { link: other } of slots) other?.cut()
      throw error
    } finally {
      slot.busy--
    }
  }

  /** Whether `error` came before anything was changed, for a reason that another attempt can avoid. */
  function canAvoid(error: unknown): boolean {
    if (isRefusedSetting(error)) {
      linkOptions = { ...linkOptions, statementTimeout: null }
      return true
    }
    if (isStatementLost(error)) {
      linkOptions = { ...linkOptions, prepare: false }
      return true
    }
    return isReadOnly(error) || error instanceof UnprovenServerError
  }

  async function run<T>(
    work: (prepared: Prepared) => Promise<T>,
    { repeatable = false }: RunOptions = {},
  ): Promise<T> {
    const { overdue, stop } = watch()
    try {
      const answer = await attempt(work, overdue).catch((error: unknown) => {
        if (canAvoid(error) || (repeatable && isConnectionFailure(error))) {
          return attempt(work, overdue)
        }
        throw error
      })
      observer?.worked()
      return answer
    } catch (error) {
      observer?.failed(error)
      throw asFailure(error)
    } finally {
      stop()
    }
  }

  return {
    run,
    close: async () => {
      await Promise.all(slots.map(({ link }) => link?.close()))
    },
  }
}

function endsConnection(error: unknown): boolean {
  return (
    error instanceof DeadlineExceeded ||
    error instanceof UnprovenServerError ||
    isStatementLost(error) ||
    isConnectionFailure(error)
  )
}

interface Slot<Prepared> {
  busy: number
  link: Link<Prepared> | null
  /** Of `link`. */
  options: LinkOptions | null
}

function newSlot<Prepared>(): Slot<Prepared> {
  return { busy: 0, link: null, options: null }
}

/** The first of those, so that as few connections are made as are needed. */
function leastBusy<Prepared>(slots: readonly Slot<Prepared>[]): Slot<Prepared> {
  return slots.reduce((best, slot) => (slot.busy < best.busy ? slot : best))
}
