import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

/** Tests that need neither a database nor a socket: they are run thousands of times over. */
export default defineConfig({
  resolve: {
    alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }],
  },
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: [
      'test/{core,keys,users,decision}/**/*.test.ts',
      'test/credentials/{authenticator,claims,hostile-jwts,jws,jwt-claims,key-form,presented-credential,secret-hash}.test.ts',
    ],
    exclude: ['test/core/imports.test.ts', 'test/decision/{agreement,linear}.test.ts'],
  },
})
