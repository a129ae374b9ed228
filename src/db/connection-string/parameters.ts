import { isPlainName } from './uri.ts'

/** Values by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The parameters that have an effect, and the variable that libpq reads where the connection string
 * does not name one (PostgreSQL documentation, §32.15).
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

/** libpq's, and of no consequence here: nothing that they ask for is missed. */
const withoutConsequence =
  /^(?:keepalives(?:_.*)?|tcp_user_timeout|sslcompression|krbsrvname|gsslib|gssdelegation|(?:fallback_)?application_name)$/

/** Reads parameters one by one, and collects what is wrong with them. */
export interface ParameterReader {
  /** `null` where neither the string nor the environment has it, or it is empty. */
  text(name: ParameterName): string | null
  /** A fault unless it is one of `values`, also where it is empty. `null` where it is not given. */
  oneOf<T extends string>(name: ParameterName, values: readonly T[]): T | null
  /** A comma list. `null` where it is not given. */
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

/** One warning that names what is given and means nothing here; a misspelt TLS parameter is a fault. */
export function checkUnknown(
  given: ReadonlyMap<string, string>,
  faults: string[],
): readonly string[] {
  const unknown = [...given.keys()].filter(
    (name) => !Object.hasOwn(variables, name) && !withoutConsequence.test(name),
  )
  const ignored = unknown.filter((name) => {
    const meant = name.replace(/[_-]/g, '').toLowerCase()
    if (!meant.startsWith('ssl') || !Object.hasOwn(variables, meant)) return true
    faults.push(`${meant} must be spelt so`)
    return false
  })
  if (ignored.length === 0) return []
  // Behind a password with a bare & there are parts of it.
  const nameable = given.has('password') ? [] : ignored.filter(isPlainName)
  const more = ignored.length - nameable.length
  const names = [
    ...nameable,
    ...(more === 0 ? [] : [`${more}${nameable.length > 0 ? ' more' : ''} without a meaning here`]),
  ]
  const tls = ignored.some((name) => /^ssl/i.test(name))
  return [
    `ignores the parameters ${names.join(', ')}: they are other clients' or PostgreSQL's own settings, which go into options=-c%20name%3Dvalue${
      tls ? '; for TLS set sslmode and sslrootcert' : ''
    }`,
  ]
}
