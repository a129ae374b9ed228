/**
 * The same error, to be kept: until its stack is read it holds the functions that were called (V8), and
 * with them the request that it was made for.
 */
export function withoutStack<E extends Error>(error: E): E {
  error.stack = `${error.name}: ${error.message}`
  return error
}
