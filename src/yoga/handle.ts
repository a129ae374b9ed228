/*
 * Everything that `usePrincipal` uses of Yoga beyond its documentation: `handle` and the order of plugins. This
 * module does not import Yoga, which applications with another server do not install.
 */

/** Answers a request without the hooks on requests. */
export type Handle = (request: Request, serverContext: object) => Promise<Response>

export function handlerOf(yoga: unknown): Handle {
  return (yoga as { readonly handle: Handle }).handle
}

/**
 * Returns the index of the first plugin of the application. Yoga's own plugins before it end with the one that
 * processes results.
 */
export function placeOfUserPlugins(plugins: readonly object[]): number {
  return plugins.findIndex((plugin) => plugin && 'onResultProcess' in plugin) + 1
}
