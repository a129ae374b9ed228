import { type OptionalPart, optionalParts } from '../schema/key-management.ts'
import type { Latchkey } from './latchkey.ts'

export interface KeyManagementOptions {
  /** The result of `connectLatchkey`. */
  readonly latchkey: Latchkey
  /**
   * Parts to add beside API keys: `viewer` (the principal of the request), `scopes` (the catalogue),
   * `requiredScopes` (the scopes that an operation requires), `users` (Latchkey's users, with their
   * mutations), `auditEvents`, `keyHealth` (the keys that need attention) and `consequences` (the keys that a
   * mutation would stop or narrow). Default: none.
   */
  readonly include?: readonly OptionalPart[] | undefined
  /** Precedes the name of each type that is added, such as `Latchkey` for `LatchkeyApiKey`. Default: empty. */
  readonly typePrefix?: string | undefined
  /**
   * Precedes the name of each query and mutation that is added, in camel case, such as `latchkey` for
   * `latchkeyCreateApiKey`. Default: empty.
   */
  readonly fieldPrefix?: string | undefined
}

/** The owner of an API key, by which the application finds its own object. */
export interface KeyOwner {
  /** The id of the user in Latchkey's tables, a UUID. */
  readonly userId: string
  /** Identifies the user together with `subject`: `session.issuer`, or `iss` of its JWTs. */
  readonly issuer: string
  /** The id that the application or the issuer gave the user. */
  readonly subject: string
}

/** The names of the types and root fields that are added. */
export interface Naming {
  typeName(name: string): string
  fieldName(name: string): string
}

export interface CheckedOptions {
  readonly include: ReadonlySet<OptionalPart>
  readonly naming: Naming
}

/** @throws TypeError if an option is not valid */
export function checkOptions({
  include = [],
  typePrefix = '',
  fieldPrefix = '',
}: Pick<KeyManagementOptions, 'include' | 'typePrefix' | 'fieldPrefix'>): CheckedOptions {
  const unknown = include.find((part) => !optionalParts.includes(part))
  if (unknown !== undefined) {
    throw new TypeError(
      `\`include\` has the unknown part ${JSON.stringify(unknown)}. Write one of ${optionalParts.join(', ')}. API keys are always included.`,
    )
  }
  requireName('typePrefix', typePrefix)
  requireName('fieldPrefix', fieldPrefix)
  return {
    include: new Set(include),
    naming: {
      typeName: (name) => `${typePrefix}${name}`,
      fieldName: (name) => (fieldPrefix === '' ? name : `${fieldPrefix}${capitalized(name)}`),
    },
  }
}

/** A prefix begins as a name does (GraphQL §2.1.9). Names with two underscores are reserved. */
function requireName(option: string, prefix: unknown): void {
  if (prefix === '' || (typeof prefix === 'string' && /^(?!__)[A-Za-z_]\w*$/.test(prefix))) return
  throw new TypeError(
    `\`${option}\` must be letters, digits and underscores and begin with a letter, not ${JSON.stringify(prefix)}.`,
  )
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
