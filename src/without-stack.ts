/**
 * Replaces the stack of an error that is kept. Until a stack is read, V8 keeps the functions on it in memory,
 * and with them the request for which the error was created.
 */
export function withoutStack<E extends Error>(error: E): E {
  error.stack = `${error.name}: ${error.message}`
  return error
}
