import type { SignInConfiguration } from '../../page/sign-in.ts'

/** The settings that the server writes into the page. */
export interface Configuration {
  readonly signIn: SignInConfiguration
  readonly keyPrefix: string
  /** The longest lifetime of a key in days; null if there is no limit. */
  readonly maxLifetimeDays: number | null
  /** The number of active keys that a user may have. */
  readonly maxPerUser: number
  /** The endpoint that programs call with a key. */
  readonly graphqlUrl: string
  /** The scopes of which a person needs one to see the administration. */
  readonly adminScopes: readonly string[]
  readonly features: { readonly sessions: boolean }
}

export const configuration: Configuration = JSON.parse(
  document.getElementById('configuration')?.textContent ?? '{}',
)

/** The path of the page without a slash at the end, such as `/keys`. */
export const basePath = new URL(document.baseURI).pathname.replace(/\/$/, '')

/** Returns the URL of a path below the page. */
export function urlOf(path: string): string {
  return new URL(path, document.baseURI).href
}
