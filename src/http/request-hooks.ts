import type { Plugin } from 'graphql-yoga'

const hooks = [
  'instrumentation',
  'onRequest',
  'onRequestParse',
  'onResultProcess',
  'onResponse',
] as const

/** Counts the plugins of a Yoga that want to see each Request or Response. */
export function requestHookCounter() {
  let all: readonly unknown[] = []
  const plugin: Plugin = {
    onPluginInit({ plugins }) {
      // The list itself: what plugins add to it later is counted too.
      all = plugins
    },
  }
  return {
    plugin,
    count: () => all.filter((one) => hooks.some((hook) => hook in Object(one))).length,
  }
}
