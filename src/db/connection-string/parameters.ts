import { isPlainName } from './uri.ts'

/** Values by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The parameters that have an effect, and the variable that libpq reads if the connection string does
 * not set one (PostgreSQL documentation, §32.15).
 */
export const variables = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcrl: 'PGSSLCRL',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslsni: 'PGSSLSNI',
  sslcertmode: 'PGSSLCERTMODE',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  ssl_max_protocol_version: 'PGSSLMAXPROTOCOLVERSION',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  load_balance_hosts: 'PGLOADBALANCEHOSTS',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
  channel_binding: 'PGCHANNELBINDING',
  gssencmode: 'PGGSSENCMODE',
  require_auth: 'PGREQUIREAUTH',
  requirepeer: 'PGREQUIREPEER',
  sslcrldir: 'PGSSLCRLDIR',
  service: 'PGSERVICE',
  sslpassword: null,
  ssl: null,
  prepare: null,
  replication: null,
} as const

export type ParameterName = keyof typeof variables

/** Parameters of libpq that are safe to ignore: nothing that they ask for is missing. */
const ignorable =
  /^(?:keepalives(?:_.*)?|tcp_user_timeout|sslcompression|krbsrvname|gsslib|gssdelegation|(?:fallback_)?application_name)$/

/** Reads parameters one by one, and collects their faults. */
export interface ParameterReader {
  /** Returns a value; `null` if neither the string nor the environment sets it, or it is empty. */
  text(name: ParameterName): string | null
  /**
   * Returns one of `values`; `null` if the parameter is not set. Any other value is a fault, also the
   * empty one.
   */
  oneOf<T extends string>(name: ParameterName, values: readonly T[]): T | null
  /** Returns the items of a comma-separated list; `null` if the parameter is not set. */
  list(name: ParameterName): readonly string[] | null
  fault(name: ParameterName, message: string): void
}

export function createParameterReader(
  given: ReadonlyMap<string, string>,
  environment: Environment,
  faults: string[],
): ParameterReader {
  function find(name: ParameterName): { label: string; value: string } | null {
    const value = given.get(name)
    if (value !== undefined) return { label: name, value }
    const variable = variables[name]
    const inherited = variable === null ? undefined : environment[variable]
    return variable === null || inherited === undefined
      ? null
      : { label: `${name} (from ${variable})`, value: inherited }
  }
  const fault = (name: ParameterName, message: string) => {
    faults.push(`${find(name)?.label ?? name} ${message}`)
  }
  const text = (name: ParameterName) => find(name)?.value || null
  return {
    text,
    oneOf<T extends string>(name: ParameterName, values: readonly T[]): T | null {
      const found = find(name)
      if (found === null) return null
      const known = values.find((value) => value === found.value)
      if (known === undefined) fault(name, `must be one of ${values.join(', ')}`)
      return known ?? null
    },
    list: (name) => text(name)?.split(',') ?? null,
    fault,
  }
}

/**
 * Returns one warning that names the parameters without an effect here. A misspelt TLS parameter is a
 * fault.
 */
export function checkUnknown(
  given: ReadonlyMap<string, string>,
  faults: string[],
): readonly string[] {
  const unknown = [...given.keys()].filter(
    (name) => !Object.hasOwn(variables, name) && !ignorable.test(name),
  )
  const ignored = unknown.filter((name) => {
    const meant = name.replace(/[_-]/g, '').toLowerCase()
    if (!meant.startsWith('ssl') || !Object.hasOwn(variables, meant)) return true
    faults.push(`${meant} must be spelt exactly like this`)
    return false
  })
  if (ignored.length === 0) return []
  // After a password with an unencoded & the names may be parts of the password.
  const nameable = given.has('password') ? [] : ignored.filter(isPlainName)
  const more = ignored.length - nameable.length
  const names = [
    ...nameable,
    ...(more === 0 ? [] : [`${more}${nameable.length > 0 ? ' more' : ''} without an effect here`]),
  ]
  const tls = ignored.some((name) => /^ssl/i.test(name))
  return [
    `ignores the parameters ${names.join(', ')}: set parameters of PostgreSQL with options=-c%20name%3Dvalue, and remove those of other clients${
      tls ? '; for TLS set sslmode and sslrootcert' : ''
    }`,
  ]
}
