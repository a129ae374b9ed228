import type { ConnectionOptions } from 'node:tls'

/** The hosts and settings that a connection string names. */
export interface ConnectionTarget {
  /** The hosts, at least one. They are tried in this order, or in random order. */
  readonly hosts: readonly HostTarget[]
  readonly loadBalanceHosts: 'disable' | 'random'
  readonly targetSessionAttrs: TargetSessionAttrs
  readonly user: string
  /** The password, or a function that returns the present one; `null` if there is none. */
  readonly password: string | (() => string | Promise<string>) | null
  readonly database: string
  readonly tls: TlsTarget
  /** The time limit for connecting and logging in to one address, in milliseconds. `null`: no limit. */
  readonly connectTimeout: number | null
  /** Command-line options for the session, such as `-c name=value`. */
  readonly options: string | null
  /** Whether statements may be prepared on the server. Default: true. */
  readonly prepare: boolean
  /** Warnings about parameters that do not have their usual effect here. They contain no values. */
  readonly warnings: readonly string[]
}

export interface HostTarget {
  /** A name, an IP address without brackets, or the absolute path of a folder with a socket. */
  readonly host: string
  readonly port: number
  /** The IP address to connect to instead of resolving `host` (libpq's `hostaddr`). */
  readonly address: string | null
}

export interface TlsTarget {
  readonly mode: SslMode
  /**
   * The file of trusted certificates; `system`: the certificates that Node trusts; `null`: libpq's
   * default file, if it exists.
   */
  readonly rootCertificates: string | null
  /** The client certificate; `null` if there is none. */
  readonly certificate: ClientCertificate | null
  readonly keyPassword: string | null
  /** The file of revoked certificates. */
  readonly revocationList: string | null
  /** `direct` starts TLS at once, for PostgreSQL 17 or later. */
  readonly negotiation: 'postgres' | 'direct'
  /** Whether the name of the host is sent unencrypted, for servers with several certificates (SNI). */
  readonly sendServerName: boolean
  readonly minVersion: TlsVersion | null
  readonly maxVersion: TlsVersion | null
  /** Options of Node that replace all others except the mode, the negotiation and the name of the host. */
  readonly given?: ConnectionOptions
}

export interface ClientCertificate {
  readonly file: string
  readonly keyFile: string
  /** The parameter that was omitted; its file is then libpq's default. */
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
