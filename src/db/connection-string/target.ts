/** Where and how to connect, as a connection string says it. */
export interface ConnectionTarget {
  /** To be tried in this order, or in a random one. At least one. */
  readonly hosts: readonly HostTarget[]
  readonly loadBalanceHosts: 'disable' | 'random'
  readonly targetSessionAttrs: TargetSessionAttrs
  readonly user: string
  /** `null`: none. */
  readonly password: string | null
  readonly database: string
  readonly tls: TlsTarget
  /** For one address to be reached and to let us in, milliseconds. `null`: no limit. */
  readonly connectTimeout: number | null
  /** Command-line options for the session, `-c name=value`. */
  readonly options: string | null
  /** Whether statements may be prepared on the server. Default: true. */
  readonly prepare: boolean
  /** What was given and does not have the effect that it has elsewhere. For the log; no values. */
  readonly warnings: readonly string[]
}

export interface HostTarget {
  /** A name, an IP address without brackets, or the absolute path of a folder with a socket. */
  readonly host: string
  readonly port: number
  /** IP address to connect to instead of looking `host` up (libpq's `hostaddr`). */
  readonly address: string | null
}

export interface TlsTarget {
  readonly mode: SslMode
  /** File of trusted certificates; `system`: those Node trusts; `null`: libpq's default file, if any. */
  readonly rootCertificates: string | null
  /** The client's; `null`: none. */
  readonly certificate: ClientCertificate | null
  readonly keyPassword: string | null
  /** File of revoked certificates. */
  readonly revocationList: string | null
  /** `direct`: begin TLS at once, for PostgreSQL 17 or later. */
  readonly negotiation: 'postgres' | 'direct'
  /** Whether the host's name is sent in clear for servers that hold several (SNI). */
  readonly sendServerName: boolean
  readonly minVersion: TlsVersion | null
  readonly maxVersion: TlsVersion | null
}

export interface ClientCertificate {
  readonly file: string
  readonly keyFile: string
  /** The parameter that was left out, whose file is then libpq's default. */
  readonly leftOut: 'sslcert' | 'sslkey' | null
}

export const sslModes = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
] as const
export type SslMode = (typeof sslModes)[number]

export const targetSessionAttrs = [
  'any',
  'read-write',
  'read-only',
  'primary',
  'standby',
  'prefer-standby',
] as const
export type TargetSessionAttrs = (typeof targetSessionAttrs)[number]

export const tlsVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
export type TlsVersion = (typeof tlsVersions)[number]
