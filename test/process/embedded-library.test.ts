import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateKey } from '../../src/credentials/key-form.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

/* Programs that use the built library, and how they end. */

const run = promisify(execFile)
const entry = new URL('../../dist/postgres.js', import.meta.url).href
const driver = import.meta.resolve('postgres')
let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(async () => {
  await database.close()
})

const connected = `
  import postgres from ${JSON.stringify(driver)}
  import { connectLatchkey } from ${JSON.stringify(entry)}
  const url = process.env.DATABASE_URL
  const scopes = { 'read:orders': 'Read orders.' }
  const ask = (latchkey) => latchkey.authenticator.authenticate({
    header: (name) => name === 'authorization' ? 'Bearer ' + process.env.KEY : null,
    queryParameters: () => [],
  })
  const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
  const use = async (options) => {
    const latchkey = await connectLatchkey({ scopes, ...options })
    await ask(latchkey)
    await sleep(1000)
    return latchkey
  }
  `

/** Runs a program, and returns what it printed. It is killed after 10 seconds. */
async function program(text: string): Promise<string> {
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '--eval', connected + text],
    {
      env: { ...process.env, DATABASE_URL: database.url, KEY: generateKey('lk').key },
      timeout: 10_000,
    },
  )
  return stdout
}

describe('a program that uses the library', () => {
  it('ends by itself after close()', async () => {
    const text = `const latchkey = await use({ url }); await latchkey.close(); console.log('done')`
    expect(await program(text)).toBe('done\n')
  })

  it('ends by itself without close() too', async () => {
    expect(await program(`await use({ url }); console.log('done')`)).toBe('done\n')
  })

  it('ends by itself without close() while the database does not answer', async () => {
    const text = `
      import { createServer } from 'node:net'
      import { once } from 'node:events'
      const silent = createServer(() => {}).listen(0).unref()
      await once(silent, 'listening')
      const listenUrl = 'postgres://u@127.0.0.1:' + silent.address().port + '/d'
      await use({ url, listenUrl, log: { warn: () => {}, info: () => {} } })
      console.log('done')`
    expect(await program(text)).toBe('done\n')
  })

  it('waits for an answer although nothing else keeps it alive', async () => {
    const text = `
      const latchkey = await use({ url })
      const { refusal } = await ask(latchkey)
      console.log(refusal.reason)`
    expect(await program(text)).toBe('key-unknown\n')
  })

  it('keeps the client that it handed in', async () => {
    const text = `
      const sql = postgres(url, { max: 1 })
      const latchkey = await use({ sql })
      const [before] = await sql\`select count(*)::int as connections from pg_stat_activity
        where datname = current_database()\`
      await latchkey.close()
      const [row] = await sql\`select 'still open' as answer\`
      await sql.end()
      console.log(row.answer, before.connections > 1)`
    expect(await program(text)).toBe('still open true\n')
  })
})
