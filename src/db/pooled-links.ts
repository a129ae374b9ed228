import {
  type ConnectionTarget,
  type HostTarget,
  parseConnectionString,
} from './connection-string.ts'
import { type Link, type LinkOptions, openLink, type Prepare } from './link.ts'

/** {@link LinkOptions}, with a connection string in place of what it says. */
export type PoolLinkOptions = Omit<LinkOptions, 'target'> & { readonly url: string }

/** A link that one piece of work uses. */
export interface AcquiredLink<Prepared> {
  readonly link: Link<Prepared>
  release(): void
}

/** A fixed number of links. Each is opened when it is needed, and replaced when it is not alive. */
export interface PooledLinks<Prepared> {
  /** The link that the least work uses. */
  acquire(): AcquiredLink<Prepared>
  /** A link that is opened for one piece of work, and closed when it is given back. */
  acquireNew(): AcquiredLink<Prepared>
  /** Replaces each link once no work uses it. */
  renewAll(): void
  /** From now on links are opened without prepared statements. */
  stopPreparing(): void
  close(): Promise<void>
}

export function createPooledLinks<Prepared>(
  size: number,
  { url, ...rest }: PoolLinkOptions,
  prepare: Prepare<Prepared>,
): PooledLinks<Prepared> {
  let linkOptions: LinkOptions = { ...rest, target: parseConnectionString(url) }
  const slots = Array.from({ length: size }, newSlot<Prepared>)

  /** A new one where there is none, or none with the options that were learnt since. */
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
   * The next connection begins with the host that let the last one in, since others may take long to
   * fail, and leaves out a setting that was refused.
   */
  function rememberAdmitted(found: Link<Prepared>['admitted']): void {
    if (found === null) return
    if (found.statementTimeout === null) Object.assign(linkOptions, { statementTimeout: null })
    if (found.isPooled) {
      Object.assign(linkOptions, { target: { ...linkOptions.target, prepare: false } })
    }
    Object.assign(linkOptions, { target: beginningWith(found, linkOptions.target) })
  }

  function use(slot: Slot<Prepared>, afterwards: (link: Link<Prepared>) => void = ignore) {
    const link = linkOf(slot)
    slot.busy++
    return {
      link,
      release() {
        slot.busy--
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
