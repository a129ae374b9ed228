import type { ClosableAuthenticator } from '../credentials/create-authenticator.ts'
import type { IssuerSettings } from '../credentials/issuer-settings.ts'
import type { Services } from '../schema/context.ts'
import type { SessionStore } from '../sessions/store.ts'
import type { Keys } from './key-calls.ts'
import type { Users } from './users.ts'

/** The services of an instance, with those of the keys page. */
export interface ConnectedServices extends Services {
  readonly page: {
    readonly sessions: SessionStore
    readonly issuers: readonly IssuerSettings[]
    /** Whether the sign-in of the application counts. */
    readonly hasSession: boolean
    readonly keys: { readonly maxPerUser: number; readonly maxLifetimeDays: number | null }
    readonly log: { warn(details: object, message: string): void }
  }
}

const services = Symbol('services')

/** Users, API keys and authentication on one database, as `connectLatchkey` connects them. */
export interface Latchkey {
  readonly authenticator: ClosableAuthenticator
  readonly keys: Keys
  readonly users: Users
  /** Closes everything that was opened. A client that was handed in stays open. */
  close(): Promise<void>
  /** For the modules of this package only: see {@link servicesOf}. */
  readonly [services]: ConnectedServices
}

/** Adds the services that the modules of this package use. */
export function withServices<T extends object>(
  latchkey: T,
  of: ConnectedServices,
): T & { readonly [services]: ConnectedServices } {
  return Object.assign(latchkey, { [services]: of })
}

/** @throws TypeError if `latchkey` was not made by `connectLatchkey` of this copy of the package */
export function servicesOf(latchkey: Latchkey): ConnectedServices {
  const of = (latchkey as Partial<Latchkey> | null)?.[services]
  if (of === undefined) {
    throw new TypeError(
      '`latchkey` must be what `connectLatchkey` of `latchkey/postgres` returned. If it is, two copies of the package `latchkey` are installed; `npm ls latchkey` shows them.',
    )
  }
  return of
}
