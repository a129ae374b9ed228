import type { Plugin } from 'graphql-yoga'

const hooks = [
  'instrumentation',
  'onRequest',
  'onRequestParse',
  'onResultProcess',
  'onResponse',
] as const

/**
 * Finds out whether any of `watched`, or a plugin that one of them adds, hooks into requests or responses.
 *
 * @returns `plugins`: give these to Yoga instead of `watched`; `isWatching`: returns the result, to be
 *   called after Yoga is created
 */
export function watchRequestHooks(watched: readonly Plugin[]) {
  let all: readonly unknown[] = []
  const first: Plugin = {
    onPluginInit({ plugins }) {
      // Keeps the list itself: a plugin that another one adds later is inserted right after that one.
      all = plugins
    },
  }
  const last: Plugin = {}
  return {
    plugins: [first, ...watched, last],
    isWatching: () =>
      all
        .slice(all.indexOf(first), all.indexOf(last))
        .some((plugin) => hooks.some((hook) => hook in Object(plugin))),
  }
}
