import { issuerNames } from '../credentials/issuer-names.ts'
import { issuerFaults } from '../credentials/issuer-rules.ts'
import type { IssuerSettings } from '../credentials/issuer-settings.ts'
import { expandTenants } from '../credentials/issuer-tenants.ts'
import { isRemoteHttp } from '../credentials/issuer-url.ts'
import { parseJson } from '../json.ts'
import type { Fault } from './faults.ts'
import type { GivenVariables, Settings } from './settings.ts'

/** Whether an issuer is configured, even a faulty one: then there is no development issuer. */
export function namesIssuer(given: GivenVariables): boolean {
  const { JWT_ISSUER, JWT_AUDIENCE, JWKS_URI, JWT_ISSUERS } = given
  return [JWT_ISSUER, JWT_AUDIENCE, JWKS_URI, JWT_ISSUERS].some((text) => text !== undefined)
}

/** Reads the issuers of the shorthand (JWT_ISSUER) and of the list (JWT_ISSUERS). */
export function readIssuers(settings: Settings, faults: Fault[]): readonly IssuerSettings[] {
  const shorthand = readShorthand(settings, faults)
  const listed = readList(settings.JWT_ISSUERS, faults).flatMap((entry, index) =>
    expandTenants(entry).map((settings) => ({ settings, index })),
  )
  faults.push(...sharedNameFaults(shorthand, listed))
  return [...shorthand, ...listed.map(({ settings }) => settings)]
}

/** Returns a fault for each issuer of the list with a name, such as an alias, that an earlier issuer also has. */
function sharedNameFaults(
  shorthand: readonly IssuerSettings[],
  listed: readonly { readonly settings: IssuerSettings; readonly index: number }[],
): readonly Fault[] {
  const owners = new Map<string, { readonly issuer: string; readonly place: string }>()
  for (const { issuer } of shorthand) owners.set(issuer, { issuer, place: 'JWT_ISSUER' })
  return listed.flatMap(({ settings, index }) => {
    const { issuer } = settings
    const names = issuerNames(settings)
    const shared = names.find((name) => owners.has(name))
    if (shared === undefined) {
      for (const name of names) owners.set(name, { issuer, place: `[${index}]` })
      return []
    }
    const other = owners.get(shared)
    const problem =
      other?.issuer !== issuer
        ? `has the name ${JSON.stringify(shared)}, which ${other?.place} also has`
        : other.place === 'JWT_ISSUER'
          ? 'is also configured as JWT_ISSUER'
          : `is the same issuer as ${other.place}`
    return [{ variable: 'JWT_ISSUERS', message: `[${index}] ${problem}: remove one of the two` }]
  })
}

/** Returns a warning for the log about each issuer whose keys are fetched without TLS. */
export function issuerWarnings(issuers: readonly IssuerSettings[]): readonly string[] {
  return issuers.flatMap(({ issuer, jwksUri, jwks, jwksFile }) => {
    const url = (jwks ?? jwksFile) === undefined ? (jwksUri ?? issuer) : ''
    return isRemoteHttp(url)
      ? [
          `JWT_ISSUERS allows http to a private network (\`allowHttp\`) for the keys of ${issuer}: anyone who controls that network can replace them.`,
        ]
      : []
  })
}

const shorthandVariables: Readonly<Record<string, string>> = {
  issuer: 'JWT_ISSUER',
  audience: 'JWT_AUDIENCE',
  jwksUri: 'JWKS_URI',
}

function readShorthand(settings: Settings, faults: Fault[]): readonly IssuerSettings[] {
  const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWKS_URI: jwksUri } = settings
  if (issuer === undefined) {
    for (const variable of ['JWT_AUDIENCE', 'JWKS_URI'] as const) {
      if (settings[variable] === undefined) continue
      faults.push({ variable, message: 'has no effect without JWT_ISSUER: set both or neither' })
    }
    return []
  }
  if (audience === undefined) {
    faults.push({
      variable: 'JWT_AUDIENCE',
      message: 'must be set with JWT_ISSUER, to the `aud` of its JWTs for this server',
    })
    return []
  }
  const one = { issuer, audience, ...(jwksUri === undefined ? {} : { jwksUri }) }
  for (const fault of issuerFaults(one)) {
    const [member = '', ...message] = fault.split(': ')
    const variable = shorthandVariables[member] ?? 'JWT_ISSUER'
    faults.push({ variable, message: message.join(': ') })
  }
  return [one]
}

function readList(text: string | undefined, faults: Fault[]): readonly IssuerSettings[] {
  if (text === undefined) return []
  const variable = 'JWT_ISSUERS'
  const list = parseJson(text)
  if (!Array.isArray(list) || list.length === 0) {
    faults.push({ variable, message: 'must be a JSON array with one object per issuer' })
    return []
  }
  return list.flatMap((entry: unknown, index) => {
    const problems = issuerFaults(entry)
    for (const problem of problems) faults.push({ variable, message: `[${index}] ${problem}` })
    return problems.length === 0 ? [entry as IssuerSettings] : []
  })
}
