import { accessSync, constants } from 'node:fs'
import { missingCounterpart } from '../db/connection-string/tls.ts'
import { type ConnectionTarget, parseConnectionString } from '../db/connection-string.ts'
import type { Fault } from './faults.ts'
import type { Settings } from './settings.ts'

const variables = ['DATABASE_URL', 'DATABASE_LISTEN_URL', 'DATABASE_READ_URL'] as const
type Variable = (typeof variables)[number]

/** Finds settings of valid connection strings that this server cannot use. */
export function connectionFaults(settings: Settings): readonly Fault[] {
  return targetsOf(settings).flatMap(([variable, target]) =>
    [...standbyFaults(variable, target), ...fileFaults(target)].map((message) => ({
      variable,
      message,
    })),
  )
}

/** Returns warnings for the log, each with its variable. They never contain the value. */
export function connectionWarnings(settings: Settings): readonly (readonly [Variable, string])[] {
  return targetsOf(settings).flatMap(([variable, { warnings }]) =>
    warnings.map((warning) => [variable, warning] as const),
  )
}

function targetsOf(settings: Settings): readonly (readonly [Variable, ConnectionTarget])[] {
  return variables.flatMap((variable) => {
    const text = settings[variable]
    return text === undefined ? [] : [[variable, parseConnectionString(text)] as const]
  })
}

/** Writes and decisions about credentials need a primary. */
function standbyFaults(variable: Variable, { targetSessionAttrs }: ConnectionTarget): string[] {
  if (variable === 'DATABASE_READ_URL') return []
  if (!['standby', 'read-only', 'prefer-standby'].includes(targetSessionAttrs)) return []
  return [
    `must lead to a primary: target_session_attrs=${targetSessionAttrs} is allowed in DATABASE_READ_URL only`,
  ]
}

function fileFaults({ tls }: ConnectionTarget): string[] {
  if (tls.mode === 'disable') return []
  const files = {
    sslrootcert: tls.rootCertificates === 'system' ? null : tls.rootCertificates,
    sslcert: tls.certificate?.file ?? null,
    sslkey: tls.certificate?.keyFile ?? null,
    sslcrl: tls.revocationList,
  }
  return Object.entries(files)
    .filter(([, file]) => file !== null && !isReadable(file))
    .map(([parameter, file]) => {
      const { leftOut = null } = tls.certificate ?? {}
      if (parameter !== leftOut || file === null)
        return `names a file in ${parameter} that does not exist or cannot be read`
      const given = leftOut === 'sslcert' ? 'sslkey' : 'sslcert'
      return `${given} ${missingCounterpart(leftOut, file)}`
    })
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}
