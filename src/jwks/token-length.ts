/** The maximum length of a signed token, in characters. Longer ones are refused unread. */
export const maxTokenLength = 8192
