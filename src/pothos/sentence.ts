import type { Declaration } from '../decision/index.ts'

/** Returns the sentence that describes a declaration in the schema. */
export function sentenceFor(declaration: Declaration): string {
  if (declaration.requiresScopes === undefined) {
    return declaration.authenticated ? 'Requires a credential.' : 'Requires no credential.'
  }
  if (declaration.requiresScopes.some((scopes) => scopes.length === 0)) {
    return 'Requires a credential.'
  }
  const alternatives = declaration.requiresScopes.map((scopes) =>
    scopes.map((name) => `\`${name}\``),
  )
  if (alternatives.every((scopes) => scopes.length === 1)) {
    return `Requires scope ${join(alternatives.flat(), 'or')}.`
  }
  return `Requires ${alternatives.map(nounAndNames).join(', or ')}.`
}

/** Returns `description` with the sentence of the declaration as its last paragraph. */
export function describe(description: string | null | undefined, declaration: Declaration): string {
  const sentence = sentenceFor(declaration)
  return description ? `${description}\n\n${sentence}` : sentence
}

/** Returns a description from `describe` with `sentence` in place of the declaration's. */
export function replaceSentence(
  description: string | null | undefined,
  declaration: Declaration,
  sentence: string,
): string {
  const before = sentenceFor(declaration)
  if (description?.endsWith(before)) return `${description.slice(0, -before.length)}${sentence}`
  return description ? `${description}\n\n${sentence}` : sentence
}

function nounAndNames(scopes: readonly string[]): string {
  return `${scopes.length === 1 ? 'scope' : 'scopes'} ${join(scopes, 'and')}`
}

function join(words: readonly string[], last: 'and' | 'or'): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}
