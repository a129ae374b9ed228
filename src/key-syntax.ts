/*
 * The syntax of the public parts of an API key, `<prefix>_<id>_<secret><checksum>`, for use in regular
 * expressions. `_` separates the parts and occurs in none of them.
 */

export const keyPrefixSyntax = '[a-z][a-z0-9]{0,15}'

/** The length of the public id of a key, in characters. */
export const keyIdLength = 16

export const keyIdSyntax = `[0-9A-Za-z]{${keyIdLength}}`
