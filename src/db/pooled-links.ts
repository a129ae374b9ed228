import {
  type ConnectionSource,
  type ConnectionTarget,
  type HostTarget,
  toTarget,
} from './connection-string.ts'
import { type Link, type LinkOptions, openLink, type Prepare } from './link.ts'

/** {@link LinkOptions} whose target may be a connection string. */
export type PoolLinkOptions = Omit<LinkOptions, 'target'> & { readonly url: ConnectionSource }

/** A link that one piece of work uses. */
export interface AcquiredLink<Prepared> {
  readonly link: Link<Prepared>
  release(): void
}

/**
 * A fixed number of links. Each is opened when it is needed, and replaced when it is not alive. A link that
 * no work uses does not keep the process alive.
 */
export interface PooledLinks<Prepared> {
  /** Returns the link that the least work uses. */
  acquire(): AcquiredLink<Prepared>
  /** Opens a link for one piece of work; it is closed when it is released. */
  acquireNew(): AcquiredLink<Prepared>
  /** Replaces each link when no work uses it any more. */
  renewAll(): void
  /** Makes links open without prepared statements from now on. */
  stopPreparing(): void
  close(): Promise<void>
}

export function createPooledLinks<Prepared>(
  size: number,
  { url, ...rest }: PoolLinkOptions,
  prepare: Prepare<Prepared>,
): PooledLinks<Prepared> {
  let linkOptions: LinkOptions = { ...rest, target: toTarget(url) }
  const slots = Array.from({ length: size }, newSlot<Prepared>)

  /**
   * Returns the link of a slot. Opens a new one if there is none, or the options have changed since.
   */
  function linkOf(slot: Slot<Prepared>): Link<Prepared> {
    const { link, options } = slot
    if (link?.alive && (options === linkOptions || slot.busy > 0)) return link
    void link?.close()
    slot.options = linkOptions
    slot.link = openLink(linkOptions, prepare)
    slot.link.opened.then(() => rememberAdmitted(slot.link?.admitted ?? null), ignore)
    return slot.link
  }

  /**
   * Adapts the options to the last link. The next link tries the same host first, since other hosts may
   * take long to fail, and omits a setting that was refused.
   */
  function rememberAdmitted(found: Link<Prepared>['admitted']): void {
    if (found === null) return
    if (found.statementTimeout === null) Object.assign(linkOptions, { statementTimeout: null })
    if (found.isPooled) {
      Object.assign(linkOptions, { target: { ...linkOptions.target, prepare: false } })
    }
    Object.assign(linkOptions, { target: withHostFirst(found, linkOptions.target) })
  }

  function use(slot: Slot<Prepared>, afterwards: (link: Link<Prepared>) => void = ignore) {
    const link = linkOf(slot)
    if (slot.busy++ === 0) link.keepsProcessAlive(true)
    return {
      link,
      release() {
        if (--slot.busy === 0) slot.link?.keepsProcessAlive(false)
        afterwards(link)
      },
    }
  }

  return {
    acquire: () => use(leastBusy(slots)),
    acquireNew: () => use(newSlot<Prepared>(), (link) => void link.close()),
    renewAll() {
      for (const slot of slots) slot.options = null
    },
    stopPreparing() {
      linkOptions = { ...linkOptions, target: { ...linkOptions.target, prepare: false } }
    },
    close: async () => {
      await Promise.all(slots.map(({ link }) => link?.close()))
    },
  }
}

const ignore = () => {}

/** Returns the same hosts with `found` first; unchanged if they are tried in random order. */
function withHostFirst(
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

interface Slot<Prepared> {
  busy: number
  link: Link<Prepared> | null
  /** The options of `link`; `null` if it is to be replaced. */
  options: LinkOptions | null
}

function newSlot<Prepared>(): Slot<Prepared> {
  return { busy: 0, link: null, options: null }
}

/**
 * Returns the first of the slots that the least work uses, so that as few connections as possible are
 * opened.
 */
function leastBusy<Prepared>(slots: readonly Slot<Prepared>[]): Slot<Prepared> {
  return slots.reduce((best, slot) => (slot.busy < best.busy ? slot : best))
}
