import { ConnectionLost } from './connection/errors.ts'
import {
  type ConnectionTarget,
  type HostTarget,
  parseConnectionString,
} from './connection-string.ts'
import { DeadlineExceeded, type Watch } from './deadline.ts'
import {
  asFailure,
  isConnectionFailure,
  isReadOnly,
  isStatementLost,
  NotBegun,
} from './failures.ts'
import { type Link, type LinkOptions, openLink, type Prepare } from './link.ts'
import { UnprovenServerError } from './proof.ts'

/** Connections, with statements `prepared` for each. */
export interface Pool<Prepared> {
  /** @throws ServiceUnavailableError when the database cannot answer, or not before it is overdue */
  run<T>(work: (prepared: Prepared) => Promise<T>, options?: RunOptions): Promise<T>
  /** Lets what is under way finish, up to 5 seconds. From then on `run` is rejected. */
  close(): Promise<void>
}

export interface RunOptions {
  /** `work` may be done again where its connection was lost: it only reads. Default: false. */
  readonly repeatable?: boolean
  /**
   * On a connection that is made for it. Where `work` succeeds, all others are made anew: they may have
   * begun with other settings. Default: false.
   */
  readonly anew?: boolean
  /** Starts the time that `work` may take. Default: the pool's. */
  readonly watch?: () => Watch
}

/** {@link LinkOptions}, with a connection string in place of what it says. */
export type PoolLinkOptions = Omit<LinkOptions, 'target'> & { readonly url: string }

export interface PoolOptions<Prepared> {
  readonly link: PoolLinkOptions
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
  const { size, prepare, observer } = options
  const { url, ...rest } = options.link
  let linkOptions: LinkOptions = { ...rest, target: parseConnectionString(url) }
  let closed = false
  const slots = Array.from({ length: size }, newSlot<Prepared>)

  /** A new one where there is none, or none with the options that were learnt since. */
  function linkOf(slot: Slot<Prepared>): Link<Prepared> {
    const { link, options } = slot
    if (link?.alive && (options === linkOptions || slot.busy > 0)) return link
    void link?.close()
    slot.options = linkOptions
    slot.link = openLink(linkOptions, prepare)
    slot.link.opened.then(() => learn(slot.link?.admitted ?? null), ignore)
    return slot.link
  }

  /**
   * The next connection begins with the host that let the last one in, since others may take long to
   * fail, and leaves out a setting that was refused.
   */
  function learn(found: Link<Prepared>['admitted']): void {
    if (found === null) return
    if (found.statementTimeout === null) Object.assign(linkOptions, { statementTimeout: null })
    if (found.isPooled) {
      Object.assign(linkOptions, { target: { ...linkOptions.target, prepare: false } })
    }
    Object.assign(linkOptions, { target: beginningWith(found, linkOptions.target) })
  }

  /** Those under way go on. */
  function renewAll(): void {
    for (const slot of slots) slot.options = null
  }

  async function attempt<T>(
    work: (prepared: Prepared) => Promise<T>,
    overdue: Promise<never>,
    anew: boolean,
  ) {
    // Nobody would close a connection that is opened now.
    if (closed) throw new ConnectionLost()
    const slot = anew ? newSlot<Prepared>() : leastBusy(slots)
    const link = linkOf(slot)
    slot.busy++
    try {
      const prepared = link.prepared ?? (await Promise.race([link.opened, overdue]))
      const answer = await Promise.race([work(prepared), overdue])
      if (anew) renewAll()
      return answer
    } catch (error) {
      // A connection that is being made has a time limit of its own.
      const isOpening = link.prepared === null && error instanceof DeadlineExceeded
      if (endsConnection(error) && !isOpening) link.cut()
      // The others lead to the same server. What they read counts.
      if (isReadOnly(error)) renewAll()
      throw error
    } finally {
      slot.busy--
      if (anew) void link.close()
    }
  }

  /** Whether `error` came before anything was changed, for a reason that another attempt can avoid. */
  function canAvoid(error: unknown): boolean {
    if (isStatementLost(error)) {
      linkOptions = { ...linkOptions, target: { ...linkOptions.target, prepare: false } }
      return true
    }
    return isReadOnly(error) || error instanceof NotBegun || error instanceof UnprovenServerError
  }

  async function run<T>(
    work: (prepared: Prepared) => Promise<T>,
    { repeatable = false, anew = false, watch = options.watch }: RunOptions = {},
  ): Promise<T> {
    const { overdue, stop } = watch()
    try {
      const answer = await attempt(work, overdue, anew).catch((error: unknown) => {
        if (canAvoid(error) || (repeatable && isConnectionFailure(error))) {
          return attempt(work, overdue, anew)
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
      closed = true
      await Promise.all(slots.map(({ link }) => link?.close()))
    },
  }
}

const ignore = () => {}

/** The same hosts, `found` first; as they are where they are tried in any order. */
function beginningWith(
  found: Pick<HostTarget, 'host' | 'port'>,
  target: ConnectionTarget,
): ConnectionTarget {
  const [first] = target.hosts
  if (target.loadBalanceHosts === 'random') return target
  if (first?.host === found.host && first.port === found.port) return target
  const isFound = ({ host, port }: HostTarget) => host === found.host && port === found.port
  const hosts = [...target.hosts.filter(isFound), ...target.hosts.filter((one) => !isFound(one))]
  return { ...target, hosts }
}

function endsConnection(error: unknown): boolean {
  return (
    error instanceof DeadlineExceeded ||
    error instanceof UnprovenServerError ||
    isReadOnly(error) ||
    isStatementLost(error) ||
    isConnectionFailure(error)
  )
}

interface Slot<Prepared> {
  busy: number
  link: Link<Prepared> | null
  /** Of `link`; `null`: it is to be replaced. */
  options: LinkOptions | null
}

function newSlot<Prepared>(): Slot<Prepared> {
  return { busy: 0, link: null, options: null }
}

/** The first of those, so that as few connections are made as are needed. */
function leastBusy<Prepared>(slots: readonly Slot<Prepared>[]): Slot<Prepared> {
  return slots.reduce((best, slot) => (slot.busy < best.busy ? slot : best))
}
