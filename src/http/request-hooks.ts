import type { Plugin } from 'graphql-yoga'

const hooks = [
  'instrumentation',
  'onRequest',
  'onRequestParse',
  'onResultProcess',
  'onResponse',
] as const

export interface HookWatch {
  /** What to give to Yoga in the place of those that are watched. */
  readonly plugins: readonly Plugin[]
  /** Whether one of them, or one that they have added, wants to see each Request or Response. Known once Yoga is made. */
  isWatching(): boolean
}

export function watchRequestHooks(watched: readonly Plugin[]): HookWatch {
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
