import type { Plugin } from 'graphql-yoga'

const hooks = [
  'instrumentation',
  'onRequest',
  'onRequestParse',
  'onResultProcess',
  'onResponse',
] as const

/**
 * Returns what to give to Yoga in the place of the plugins that are watched, and, known once Yoga is made,
 * whether one of them, or one that they have added, wants to see each Request or Response.
 */
export function watchRequestHooks(watched: readonly Plugin[]) {
  let all: readonly unknown[] = []
  const first: Plugin = {
    onPluginInit({ plugins }) {
      // The list itself: what a plugin adds to it later comes right after that plugin.
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
