import { createRequire } from 'node:module'
import { defaultExclude, defineConfig } from 'vitest/config'

const database = 'test/support/postgres.ts'
/** Tests of the package as npm installs it. */
const installed = 'test/package/**/*.test.ts'

export default defineConfig({
  // Vite would take graphql's .mjs for our files while Node takes its .js for our dependencies.
  resolve: {
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
  test: {
    root: new URL('..', import.meta.url).pathname,
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['test/**/*.test.ts'],
          exclude: [...defaultExclude, installed],
          globalSetup: [database],
          // A process that loads the sources and their packages once instead of for each file halves the work.
          isolate: false,
          // By default one less than there are processors; tests wait more than they work.
          maxWorkers: '100%',
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: [installed],
          globalSetup: [database, 'test/package/install.ts'],
          // Each test starts programs, on every version of Node that there is to test on, and waits for them.
          testTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Of five thousand tests against real servers, one that a busy machine has disturbed must not stop a
    // change. The reporter names each test that was repeated.
    retry: process.env.CI === 'true' ? 1 : 0,
    coverage: {
      // `npm run coverage` prints it and holds to it; in each run it would only be slow.
      enabled: false,
      reporter: ['text-summary'],
      provider: 'v8',
      include: ['src/**/*.ts'],
      thresholds: { lines: 90, branches: 85 },
    },
  },
})
