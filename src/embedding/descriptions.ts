import { privacy } from '../schema/scopes.ts'
import type { AddedNames } from './added-names.ts'
import type { Naming } from './key-management-options.ts'

/**
 * Returns a function that adapts a description of the server's schema to the schema of an application. It
 * removes the environment variables of the server and references to parts that are not added, and adds the
 * prefixes to names.
 */
export function createDescriber(
  { types, rootFields, members }: AddedNames,
  { typeName, fieldName }: Naming,
): (description: string) => string {
  const adapt = rootFields.has('suspendUser') ? withoutVariables : withoutUsers
  const renamed = (name: string, rest: string) => {
    if (types.has(name)) return `${typeName(name)}${rest}`
    if (rootTypes.has(name)) return `${name}.${fieldName(rest.slice(1))}`
    // A name that an argument or a field of another type also has means that one.
    if (rest === '' && rootFields.has(name) && !members.has(name)) return fieldName(name)
    return `${name}${rest}`
  }
  return (description) =>
    adapt(description).replace(
      /`(\w+)((?:\.\w+)?)`/g,
      (_span, name: string, rest: string) => `\`${renamed(name, rest)}\``,
    )
}

const rootTypes = new Set(['Query', 'Mutation', 'Subscription'])

/** Removes the environment variables of the server, which an application replaces by options. */
function withoutVariables(description: string): string {
  return description
    .replace(` ${privacy}`, '')
    .replace(
      'the scopes in `DEFAULT_USER_SCOPES`, or none if the operator does not set it',
      'the scopes that the application gives to new users, or none',
    )
    .replaceAll(
      / \(`(?:KEY_MAX_PER_USER|KEY_MAX_LIFETIME_DAYS|MAX_STALENESS_MS|RECORD_CLIENTS|SCOPES_FILE)`\)/g,
      '',
    )
}

/** Removes the references to users too. */
function withoutUsers(description: string): string {
  return withoutVariables(description)
    .replaceAll(' (see `User.scopes`)', '')
    .replace(
      'JWTs stay valid: refuse your own with `signOutEverywhere`, those of another user with `suspendUser`.',
      'JWTs stay valid.',
    )
}
