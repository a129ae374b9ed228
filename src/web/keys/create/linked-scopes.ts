/** A scope as OAuth writes it (RFC 6749 §3.3). */
const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/** Returns the scopes that a parameter of a link names, as in `read:users write:users`. Other words are ignored. */
export function linkedScopes(parameter: string | null): readonly string[] {
  return [...new Set((parameter ?? '').split(/\s+/).filter((word) => scopeToken.test(word)))]
}
