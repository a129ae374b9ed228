import { DeadlineExceeded, type Watch } from './deadline.ts'
import { asFailure, isConnectionFailure, isRefusedSetting } from './failures.ts'
import { type Link, type LinkOptions, openLink, type Queries } from './link.ts'

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

/**
 * A connection is given up when it fails, and also when an answer is overdue: one that the network
 * swallowed looks merely slow for as long as TCP keeps trying. The next work gets a new one.
 *
 * @param size connections at most
 */
export function createPool<Prepared>(
  options: LinkOptions,
  size: number,
  prepare: (queries: Queries) => Prepared,
  watch: () => Watch,
): Pool<Prepared> {
  let linkOptions = options
  const slots = Array.from({ length: size }, (): Slot<Prepared> => ({ busy: 0, link: null }))

  async function attempt<T>(work: (prepared: Prepared) => Promise<T>, overdue: Promise<never>) {
    const slot = leastBusy(slots)
    if (!slot.link?.alive) slot.link = openLink(linkOptions, prepare)
    const { link } = slot
    slot.busy++
    try {
      return await Promise.race([work(link.prepared), overdue])
    } catch (error) {
      if (error instanceof DeadlineExceeded || isConnectionFailure(error)) link.cut()
      throw error
    } finally {
      slot.busy--
    }
  }

  async function run<T>(
    work: (prepared: Prepared) => Promise<T>,
    { repeatable = false }: RunOptions = {},
  ): Promise<T> {
    const { overdue, stop } = watch()
    try {
      return await attempt(work, overdue).catch((error: unknown) => {
        const refused = isRefusedSetting(error)
        if (refused) linkOptions = { ...options, statementTimeout: null }
        if (refused || (repeatable && isConnectionFailure(error))) return attempt(work, overdue)
        throw error
      })
    } catch (error) {
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

interface Slot<Prepared> {
  busy: number
  link: Link<Prepared> | null
}

/** The first of those, so that as few connections are made as are needed. */
function leastBusy<Prepared>(slots: readonly Slot<Prepared>[]): Slot<Prepared> {
  return slots.reduce((best, slot) => (slot.busy < best.busy ? slot : best))
}
