/** The longest signed token that is looked at, in characters. */
export const maxTokenLength = 8192
