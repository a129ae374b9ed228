import type { ClosableAuthenticator } from '../credentials/create-authenticator.ts'
import type { Services } from '../schema/context.ts'
import type { Keys } from './keys.ts'
import type { Users } from './users.ts'

const services = Symbol('services')

/** Users, API keys and authentication on one database, as `connectLatchkey` connects them. */
export interface Latchkey {
  readonly authenticator: ClosableAuthenticator
  readonly keys: Keys
  readonly users: Users
  /** Closes everything that was opened. A client that was handed in stays open. */
  close(): Promise<void>
  /** For the modules of this package only: see {@link servicesOf}. */
  readonly [services]: Services
}

/** Adds the services that the modules of this package use. */
export function withServices<T extends object>(
  latchkey: T,
  of: Services,
): T & { readonly [services]: Services } {
  return Object.assign(latchkey, { [services]: of })
}

/** @throws TypeError if `latchkey` was not made by `connectLatchkey` of this copy of the package */
export function servicesOf(latchkey: Latchkey): Services {
  const of = (latchkey as Partial<Latchkey> | null)?.[services]
  if (of === undefined) {
    throw new TypeError(
      '`latchkey` must be what `connectLatchkey` of `latchkey/postgres` returned. If it is, two copies of the package `latchkey` are installed; `npm ls latchkey` shows them.',
    )
  }
  return of
}
