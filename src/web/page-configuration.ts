/** A variable to set before people can sign in. The page says what it means. */
export type MissingVariable =
  | 'OIDC_CLIENT_ID'
  | 'OIDC_CLIENT_SECRET'
  | 'PUBLIC_URL'
  | 'SESSION_KEYS'

/** The way to sign in, as the scripts of the page need to know it. */
export type SignInConfiguration =
  | { readonly kind: 'oidc' }
  | { readonly kind: 'development'; readonly subjects: readonly string[] }
  | { readonly kind: 'application'; readonly url: string; readonly signOutUrl: string | null }
  | { readonly kind: 'missing'; readonly variables: readonly MissingVariable[] }

/** The value of `return_to` at the sign-in for GraphiQL, which is not below the page. */
export const graphiqlPlace = 'graphiql'

/** The title of the page if the application sets none. */
export const defaultTitle = 'Latchkey'

/** The settings that the scripts of the page need, beside those of the sign-in. */
export interface PageSettings {
  /** The name that the page has in its header and in the titles of its documents. */
  readonly title: string
  readonly keyPrefix: string
  /** The longest lifetime of a key in days; `null`: no limit. */
  readonly maxLifetimeDays: number | null
  /** The number of active keys that a user may have. */
  readonly maxPerUser: number
  /** The URL of the GraphQL API that programs call with a key. */
  readonly graphqlUrl: string
  /** The path of GraphiQL on this host; `null`: there is none. */
  readonly graphiql: string | null
  /** The scopes of which a person needs one to see the administration. */
  readonly adminScopes: readonly string[]
}

/** The settings that the server writes into the page. Everyone can read them. */
export interface PageConfiguration extends PageSettings {
  readonly signIn: SignInConfiguration
  readonly features: {
    readonly sessions: boolean
    /** Whether the page knows which scopes the operations and the fields of that API need. */
    readonly operations: boolean
  }
}
