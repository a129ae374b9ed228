/*
 * The public parts of an API key, `<prefix>_<id>_<secret><checksum>`, as parts of regular expressions.
 * Each part ends at the next `_`, so none has one.
 */

export const keyPrefixSyntax = '[a-z][a-z0-9]{0,15}'

/** Characters of a key's public id. */
export const keyIdLength = 16

export const keyIdSyntax = `[0-9A-Za-z]{${keyIdLength}}`
