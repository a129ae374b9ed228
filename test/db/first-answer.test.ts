import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/database.ts'
import { firstAnswer } from '../../src/db/first-answer.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type DatabaseProxy, startDatabaseProxy } from '../support/database-proxy.ts'

let database: TestDatabase
let network: DatabaseProxy

beforeAll(async () => {
  database = await createTestDatabase()
  network = await startDatabaseProxy(database.url)
})
afterAll(async () => {
  await network.close()
  await database.close()
})

it('a start waits for a database that is slow at first', async () => {
  network.delay(2_000)
  const opened = openDatabase({ url: network.url, defaultUserScopes: null })
  let waited = 0
  const onWaiting = () => {
    waited++
    network.delay(0)
  }
  try {
    const missing = () => opened.peppers.findMissing([], new Date())
    expect(await firstAnswer(missing, { onWaiting })).toEqual([])
    expect(waited).toBe(1)
  } finally {
    await opened.close()
  }
})

it('a start that was stopped no longer waits', async () => {
  network.delay(2_000)
  const opened = openDatabase({ url: network.url, defaultUserScopes: null })
  const stop = new AbortController()
  try {
    const missing = () => opened.peppers.findMissing([], new Date())
    const options = { signal: stop.signal, onWaiting: () => stop.abort() }
    await expect(firstAnswer(missing, options)).rejects.toMatchObject({ reason: 'timeout' })
  } finally {
    await opened.close()
  }
})

it('a start does not wait for a database that refuses the connection', async () => {
  const opened = openDatabase({ url: 'postgres://u:p@127.0.0.1:1/x', defaultUserScopes: null })
  let attempts = 0
  const missing = () => {
    attempts++
    return opened.peppers.findMissing([], new Date())
  }
  await expect(firstAnswer(missing)).rejects.toMatchObject({ reason: 'host' })
  expect(attempts).toBe(1)
  await opened.close()
})
