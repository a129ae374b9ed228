import { basename, dirname } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import type { ConnectionTarget, HostTarget, TlsTarget } from './connection-string.ts'

/** A client of the package `postgres`, of any version of it. */
export interface PostgresClient {
  readonly options: object
}

/** The options of a client as the driver has parsed them, also those that its types lack. */
interface ParsedOptions {
  readonly host: readonly string[]
  readonly port: readonly number[]
  /** The path of a socket; `false` or empty: none. */
  readonly path: string | false
  readonly user: string
  readonly pass: string | (() => string | Promise<string>)
  readonly database: string
  readonly ssl: boolean | 'require' | 'allow' | 'prefer' | 'verify-full' | ConnectionOptions | null
  readonly sslnegotiation: string | null
  /** Seconds; 0: no limit. */
  readonly connect_timeout: number
  readonly prepare: boolean
  readonly target_session_attrs?: ConnectionTarget['targetSessionAttrs'] | null
  readonly socket?: unknown
  readonly connection: { readonly options?: unknown }
}

/** Returns why the options of `client` cannot be used, as the rest of a sentence, or `null`. */
export function clientFault(client: unknown): string | null {
  const { options } = (typeof client === 'function' ? client : {}) as { options?: unknown }
  if (typeof options !== 'object' || options === null || !('host' in options)) {
    return 'must be a client of the package `postgres`, as postgres(url) returns it'
  }
  const { socket, path, target_session_attrs: attributes } = options as ParsedOptions
  if (socket !== undefined) {
    return 'must not have the option `socket`, because Latchkey opens connections of its own. Pass `url` instead'
  }
  if (path && !socketFile.test(basename(path))) {
    return 'must not have a `path` that does not end in .s.PGSQL.<port>'
  }
  if (attributes != null && !['any', 'read-write', 'primary'].includes(attributes)) {
    return `must lead to a primary, not target_session_attrs=${attributes}`
  }
  return null
}

const socketFile = /^\.s\.PGSQL\.(\d{1,5})$/

/**
 * Returns the target of a client without a {@link clientFault}: the same hosts, login and TLS, and none of its
 * settings for sessions except `options`.
 */
export function targetOfClient(client: PostgresClient): ConnectionTarget {
  const options = client.options as ParsedOptions
  const { user, pass, database, prepare, connect_timeout: seconds } = options
  const sessionOptions = options.connection.options
  return {
    hosts: hostsOf(options),
    loadBalanceHosts: 'disable',
    targetSessionAttrs: options.target_session_attrs ?? 'any',
    user,
    password: pass === '' ? null : pass,
    database,
    tls: tlsOf(options),
    connectTimeout: seconds > 0 ? seconds * 1000 : null,
    options: typeof sessionOptions === 'string' ? sessionOptions : null,
    prepare,
    warnings: [],
  }
}

function hostsOf({ path, host, port }: ParsedOptions): readonly HostTarget[] {
  if (path) {
    const [, socketPort] = socketFile.exec(basename(path)) ?? []
    return [{ host: dirname(path), port: Number(socketPort), address: null }]
  }
  return host.map((name, index) => ({ host: name, port: port[index] ?? 5432, address: null }))
}

/** As the driver, `require`, `allow` and `prefer` accept any certificate, and the others verify it. */
function tlsOf({ ssl, sslnegotiation }: ParsedOptions): TlsTarget {
  const accepted = ssl === 'require' || ssl === 'allow' || ssl === 'prefer'
  return {
    mode: ssl ? (ssl === 'prefer' ? 'prefer' : 'require') : 'disable',
    rootCertificates: 'system',
    certificate: null,
    keyPassword: null,
    revocationList: null,
    negotiation: sslnegotiation === 'direct' ? 'direct' : 'postgres',
    sendServerName: true,
    minVersion: null,
    maxVersion: null,
    given: accepted ? { rejectUnauthorized: false } : ssl && typeof ssl === 'object' ? ssl : {},
  }
}
