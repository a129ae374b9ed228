import { type GraphQLSchema, isSchema } from 'graphql'
import { issuerNames } from '../credentials/issuer-names.ts'
import type { IssuerSettings } from '../credentials/issuer-settings.ts'
import { isRemoteHttp, keyUrlFault } from '../credentials/issuer-url.ts'
import { isObject } from '../json.ts'
import { isBaseUrl, isHttpUrl, isOwnPath } from '../net/web-addresses.ts'
import { isScopeName } from '../scopes.ts'
import { defaultTitle } from '../web/page-configuration.ts'
import type { OidcSettings } from './oidc-client.ts'

/** The sign-in of the application: its own session counts on the page, as `session` of `connectLatchkey` says. */
export interface ApplicationSignIn {
  /** The URL at which people sign in, or its path. */
  readonly url: string
  /** The URL that ends the session of the application, or its path. Default: the page has no sign-out. */
  readonly signOutUrl?: string | undefined
}

/** The sign-in at an issuer, by the page itself, with sessions in the tables of Latchkey. */
export interface OidcSignIn {
  /** The id of the application as a client of the issuer. */
  readonly clientId: string
  /** The secret of the client. Default: none, a public client. */
  readonly clientSecret?: string | undefined
  /** The issuer, one of `issuers` of `connectLatchkey`. Default: the only one. */
  readonly issuer?: string | undefined
  /** The scopes that the sign-in asks for, `openid` among them. Default: `openid`, `profile` and `email`. */
  readonly scopes?: readonly string[] | undefined
  /**
   * The API that the access token is for: sent as `audience` for the preset `auth0`, otherwise as `resource`
   * (RFC 8707). Default: none.
   */
  readonly resource?: string | undefined
  /** The token that a session stands for: `access` or `id`. Default: `access`. */
  readonly token?: 'access' | 'id' | undefined
  /** Secrets of 32 bytes or more. The first one encrypts sessions, all of them decrypt. */
  readonly sessionKeys: readonly string[]
}

export interface PageOptions {
  /** The path at which requests to the page arrive, such as `/settings/keys`. */
  readonly path: string
  /** The URL of the application as a browser sees it: https, or http on this machine. */
  readonly url: string
  readonly signIn: ApplicationSignIn | OidcSignIn
  /** The name of the product in the header and the titles of the page: 1 to 60 characters. Default: `Latchkey`. */
  readonly title?: string | undefined
  /** The URL of the GraphQL API that the page shows in its examples. Default: the page's own endpoint. */
  readonly graphqlUrl?: string | undefined
  /**
   * The schema of that API, with its declarations. The page shows which of its fields each scope opens, and which
   * scopes an operation needs. Default: the page shows neither.
   */
  readonly schema?: GraphQLSchema | undefined
}

export interface CheckedOptions {
  readonly path: string
  /** Without a slash at its end. */
  readonly url: string
  readonly signIn:
    | { readonly kind: 'application'; readonly url: string; readonly signOutUrl: string | null }
    | {
        readonly kind: 'oidc'
        readonly settings: OidcSettings
        readonly secrets: readonly string[]
      }
  readonly title: string
  readonly graphqlUrl: string
}

interface Surroundings {
  readonly issuers: readonly IssuerSettings[]
  /** Whether `connectLatchkey` has a `session`. */
  readonly hasSession: boolean
}

/** @throws TypeError with all faults. It repeats no value that may be a secret */
export function checkOptions(options: PageOptions, around: Surroundings): CheckedOptions {
  const faults = faultsOf(options, around)
  if (faults.length > 0) throw new TypeError(`createKeysPage: ${faults.join('; ')}.`)
  const { path, signIn } = options
  const url = new URL(options.url).href.replace(/\/+$/, '')
  return {
    path,
    url,
    title: options.title ?? defaultTitle,
    graphqlUrl: options.graphqlUrl ?? `${url}${path}/graphql`,
    signIn:
      'url' in signIn
        ? { kind: 'application', url: signIn.url, signOutUrl: signIn.signOutUrl ?? null }
        : { kind: 'oidc', settings: oidcSettings(signIn, around), secrets: signIn.sessionKeys },
  }
}

function oidcSettings(signIn: OidcSignIn, { issuers }: Surroundings): OidcSettings {
  const found = issuerOf(signIn, issuers)
  return {
    issuer: signIn.issuer ?? found?.issuer ?? '',
    allowHttp: found?.allowHttp === true,
    clientId: signIn.clientId,
    clientSecret: signIn.clientSecret ?? null,
    scopes: signIn.scopes ?? ['openid', 'profile', 'email'],
    resource: signIn.resource ?? null,
    resourceParameter: found?.preset === 'auth0' ? 'audience' : 'resource',
    token: signIn.token ?? 'access',
  }
}

function issuerOf(
  { issuer }: Pick<OidcSignIn, 'issuer'>,
  issuers: readonly IssuerSettings[],
): IssuerSettings | undefined {
  if (issuer === undefined) return issuers.length === 1 ? issuers[0] : undefined
  return issuers.find((one) => issuerNames(one).includes(issuer))
}

const members = [
  'latchkey',
  'path',
  'url',
  'signIn',
  'title',
  'graphqlUrl',
  'schema',
  'clientAddress',
]
const applicationMembers = ['url', 'signOutUrl']
const oidcMembers = [
  'clientId',
  'clientSecret',
  'issuer',
  'scopes',
  'resource',
  'token',
  'sessionKeys',
]

function faultsOf(options: PageOptions, around: Surroundings): readonly string[] {
  const { path, url, signIn, title, graphqlUrl, schema } = options as {
    readonly [K in keyof PageOptions]: unknown
  }
  return [
    ...unknownMembers(options, members, ''),
    ...(typeof path === 'string' && /^(\/[\w.~-]+)+$/.test(path) && isOwnPath(path)
      ? []
      : [
          '`path` must be a path such as `/settings/keys`, without `..` and without a slash at its end',
        ]),
    ...(typeof url === 'string' && isBaseUrl(url) && !isRemoteHttp(url)
      ? []
      : ['`url` must be the https URL of your application, or an http URL of this machine']),
    ...(title === undefined || isTitle(title)
      ? []
      : ['`title` must be a text of 1 to 60 characters on one line']),
    ...(graphqlUrl === undefined || (typeof graphqlUrl === 'string' && isHttpUrl(graphqlUrl))
      ? []
      : ['`graphqlUrl` must be an http URL']),
    ...(schema === undefined || isSchema(schema) ? [] : ['`schema` must be a GraphQLSchema']),
    ...signInFaults(signIn, around),
  ]
}

function isTitle(title: unknown): boolean {
  return typeof title === 'string' && title.trim() !== '' && /^\P{C}{1,60}$/u.test(title)
}

function signInFaults(signIn: unknown, around: Surroundings): readonly string[] {
  if (!isObject(signIn)) {
    return [
      '`signIn` must be `{ url }` for the sign-in of your application, or `{ clientId, sessionKeys, … }` for that of an issuer',
    ]
  }
  return 'url' in signIn
    ? applicationFaults(signIn, around)
    : oidcFaults(signIn as Partial<OidcSignIn>, around)
}

function applicationFaults(
  signIn: Readonly<Record<string, unknown>>,
  { hasSession }: Surroundings,
): readonly string[] {
  const faults = [...unknownMembers(signIn, applicationMembers, 'signIn.')]
  for (const member of applicationMembers) {
    const value = signIn[member]
    if (value === undefined && member !== 'url') continue
    // It becomes a link. Another scheme, such as `javascript:`, would run as a script.
    if (typeof value !== 'string' || !(isHttpUrl(value) || isOwnPath(value))) {
      faults.push(
        `\`signIn.${member}\` must be an http URL, or a path that begins with one slash, without \`..\``,
      )
    }
  }
  if (!hasSession) {
    faults.push('`signIn.url` needs `session` in the options of `connectLatchkey`')
  }
  return faults
}

function oidcFaults(signIn: Partial<OidcSignIn>, { issuers }: Surroundings): readonly string[] {
  const faults = [...unknownMembers(signIn, oidcMembers, 'signIn.')]
  for (const member of ['clientId', 'clientSecret', 'issuer', 'resource'] as const) {
    const value: unknown = signIn[member]
    if (value === undefined && member !== 'clientId') continue
    if (typeof value !== 'string' || value === '') {
      faults.push(`\`signIn.${member}\` must be a text that is not empty`)
    }
  }
  const { scopes, token, sessionKeys } = signIn as Readonly<Record<string, unknown>>
  if (scopes !== undefined && !isScopeList(scopes)) {
    faults.push('`signIn.scopes` must be an array of scopes with `openid`')
  }
  if (token !== undefined && token !== 'access' && token !== 'id') {
    faults.push('`signIn.token` must be `access` or `id`')
  }
  const isKey = (key: unknown) => typeof key === 'string' && Buffer.byteLength(key) >= 32
  if (!Array.isArray(sessionKeys) || sessionKeys.length === 0 || !sessionKeys.every(isKey)) {
    faults.push(
      '`signIn.sessionKeys` must be an array of secrets with 32 bytes or more, such as the output of `openssl rand -hex 32`',
    )
  }
  const found = issuerOf(signIn, issuers)
  if (found === undefined) {
    faults.push('`signIn.issuer` must be one of the `issuers` of `connectLatchkey`')
  } else if (keyUrlFault(signIn.issuer ?? found.issuer, found.allowHttp === true) !== null) {
    faults.push('`signIn.issuer` must be a URL below which the issuer publishes its metadata')
  }
  return faults
}

function isScopeList(value: unknown): boolean {
  return Array.isArray(value) && value.includes('openid') && value.every(isScopeName)
}

function unknownMembers(value: object, known: readonly string[], path: string): readonly string[] {
  return Object.keys(value)
    .filter((member) => !known.includes(member))
    .map((member) => `there is no option \`${path}${member}\``)
}
