import { userInfo } from 'node:os'
import { readHosts } from './connection-string/hosts.ts'
import {
  checkUnknown,
  createParameterReader,
  type Environment,
  type ParameterReader,
} from './connection-string/parameters.ts'
import { type ConnectionTarget, targetSessionAttrs } from './connection-string/target.ts'
import { readTls } from './connection-string/tls.ts'
import { splitUri, UriFault, type UriParts } from './connection-string/uri.ts'

export type {
  ClientCertificate,
  ConnectionTarget,
  HostTarget,
  SslMode,
  TargetSessionAttrs,
  TlsTarget,
} from './connection-string/target.ts'

/** A connection string, or what it names. */
export type ConnectionSource = string | ConnectionTarget

/** @throws ConnectionStringError */
export function toTarget(source: ConnectionSource): ConnectionTarget {
  if (typeof source === 'string') return parseConnectionString(source)
  // A program without types may pass a variable that is not set.
  if (Array.isArray(source?.hosts)) return source
  throw new ConnectionStringError([
    'is not set: pass a text such as postgres://user@host:5432/database',
  ])
}

/** The connection string cannot be used. Neither the message nor the faults repeat any part of it. */
export class ConnectionStringError extends Error {
  override readonly name = 'ConnectionStringError'
  /** The faults. Each completes a sentence that begins with the name of the connection string. */
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`The connection string ${faults.join('; ')}.`)
    this.faults = faults
  }
}

/**
 * Reads a connection URI as libpq does (PostgreSQL documentation, §32.1). It also accepts
 * `prepare=false`: the driver then prepares no statements on the server.
 *
 * @param environment the variables of libpq (`PGSSLMODE`, `PGPASSWORD` …), which apply where the string
 *   names no value. Default: `process.env`.
 * @throws ConnectionStringError with all faults
 */
export function parseConnectionString(
  text: string,
  environment: Environment = process.env,
): ConnectionTarget {
  const uri = split(text)
  const faults: string[] = []
  const parameters = createParameterReader(uri.parameters, environment, faults)
  const warnings = [...checkUnknown(uri.parameters, faults)]
  refuseUnsupported(parameters)
  const user = uri.parameters.get('user') || uri.user || parameters.text('user') || accountName()
  if (user === '') faults.push('must name a user: postgres://user@host/database')
  const target: ConnectionTarget = {
    hosts: readHosts(uri, parameters, faults),
    loadBalanceHosts: parameters.oneOf('load_balance_hosts', ['disable', 'random']) ?? 'disable',
    targetSessionAttrs: parameters.oneOf('target_session_attrs', targetSessionAttrs) ?? 'any',
    user,
    password: uri.parameters.get('password') || uri.password || parameters.text('password'),
    database: uri.parameters.get('dbname') || uri.database || parameters.text('dbname') || user,
    tls: readTls(parameters),
    connectTimeout: readTimeout(parameters),
    options: parameters.text('options'),
    prepare: parameters.oneOf('prepare', ['true', 'false']) !== 'false',
    warnings,
  }
  if (parameters.oneOf('channel_binding', ['disable', 'prefer', 'require']) === 'require') {
    warnings.push(
      'cannot meet channel_binding=require, which is ignored: sslmode=verify-full protects from the same attacks',
    )
  }
  if (faults.length > 0) throw new ConnectionStringError(faults)
  return target
}

function split(text: string): UriParts {
  try {
    return splitUri(text)
  } catch (error) {
    if (error instanceof UriFault) throw new ConnectionStringError([error.message])
    throw error
  }
}

/**
 * Refuses parameters that would make the connection less safe, or change its meaning, if they were
 * ignored.
 */
function refuseUnsupported(parameters: ParameterReader): void {
  if (parameters.oneOf('gssencmode', ['disable', 'prefer', 'require']) === 'require') {
    parameters.fault('gssencmode', 'must not be require: GSSAPI is not supported')
  }
  for (const name of ['require_auth', 'requirepeer', 'sslcrldir', 'service'] as const) {
    if (parameters.text(name) !== null) parameters.fault(name, 'is not supported: take it out')
  }
  if (/^(?:true|on|yes|1|database)$/i.test(parameters.text('replication') ?? '')) {
    parameters.fault('replication', 'is not supported: take it out')
  }
}

/** Reads seconds and returns milliseconds. 0 or less means no limit. */
function readTimeout(parameters: ParameterReader): number | null {
  const text = parameters.text('connect_timeout')
  if (text === null) return null
  if (!/^-?\d{1,9}$/.test(text)) {
    parameters.fault('connect_timeout', 'must be a whole number of seconds')
    return null
  }
  return Number(text) > 0 ? Number(text) * 1000 : null
}

function accountName(): string {
  try {
    return userInfo().username
  } catch {
    // The account of the process has no name.
    return ''
  }
}
