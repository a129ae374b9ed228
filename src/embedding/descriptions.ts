import { privacy } from '../schema/scopes.ts'
import type { AddedNames } from './added-names.ts'
import type { Naming } from './key-management-options.ts'

/**
 * Returns a function that adapts a description of the server's schema to the schema of an application: it
 * removes the environment variables of the server, and adds the prefixes to names.
 */
export function createDescriber(
  { types, rootFields, members }: AddedNames,
  { typeName, fieldName }: Naming,
): (description: string) => string {
  const renamed = (name: string, rest: string) => {
    if (types.has(name)) return `${typeName(name)}${rest}`
    if (name === 'Query' || name === 'Mutation') {
      return `${name}.${fieldName(rest.slice(1))}`
    }
    // A name that a field of another type or an argument also has means that one.
    if (rest === '' && rootFields.has(name) && !members.has(name)) return fieldName(name)
    return `${name}${rest}`
  }
  return (description) =>
    withoutVariables(description).replace(
      /`(\w+)((?:\.\w+)?)`/g,
      (_span, name: string, rest: string) => `\`${renamed(name, rest)}\``,
    )
}

/** Removes the environment variables of the server, which an application replaces by options. */
function withoutVariables(description: string): string {
  return description
    .replace(` ${privacy}`, '')
    .replace(
      'the scopes in `DEFAULT_USER_SCOPES`, or none if the operator does not set it',
      'the scopes that the application gives to new users, or none',
    )
    .replaceAll(/ \(`[A-Z]+(?:_[A-Z]+)+`\)/g, '')
}
