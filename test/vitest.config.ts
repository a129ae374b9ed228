import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Vite would take graphql's .mjs for our files while Node takes its .js for our dependencies.
  resolve: {
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/postgres.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    coverage: {
      // Where it is printed and held to; on the way it would only be slow.
      enabled: process.env.CI === 'true',
      reporter: ['text-summary'],
      provider: 'v8',
      include: ['src/**'],
      thresholds: { lines: 90, branches: 85 },
    },
  },
})
