/** Counts the statements for ten thousand simultaneous requests with one key that is not cached. */
import { readFileSync } from 'node:fs'
import { transform } from 'esbuild'
import { answer, bearer, input, openAuthenticator } from './setting.mjs'

const source = new URL('../../support/database-proxy.ts', import.meta.url)
const { code } = await transform(readFileSync(source, 'utf8'), { loader: 'ts' })
const { keyLookups, startDatabaseProxy } = await import(
  `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
)
const proxy = await startDatabaseProxy(input.databaseUrl)
const authenticator = await openAuthenticator(proxy.url)
const carrier = bearer(input.coldKey)
const before = proxy.statements(keyLookups)
const kinds = await Promise.all(
  Array.from({ length: 10_000 }, () => authenticator.authenticate(carrier)),
)
if (kinds.some(({ kind }) => kind !== 'authenticated')) throw new Error('one was refused')
answer({ queries: proxy.statements(keyLookups) - before })
