/**
 * The maximum length of a signed token, in characters. Longer ones are refused unread. It is the maximum size
 * of the headers of a request to this server, so it limits only other servers and request bodies.
 */
export const maxTokenLength = 16_384
