import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { hasProgram } from '../support/programs.ts'
import {
  createKey,
  expectAccessible,
  expectEverywhere,
  type KeysPage,
  shoot,
  startKeysPage,
} from './keys-page.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

describe.skipIf(!hasProgram('chromium'))('the health of keys', () => {
  let keys: KeysPage
  let database: TestDatabase
  let sql: postgres.Sql
  beforeAll(async () => {
    database = await createTestDatabase()
    sql = postgres(database.url, { max: 1, onnotice: () => {} })
    keys = await startKeysPage({ DATABASE_URL: database.url })
  })
  afterAll(async () => {
    await keys.close()
    await sql.end()
    await database.close()
    expect(keys.problems).toEqual([])
  })

  it('is below the list, and leads to a form that replaces a key', async () => {
    const soon = new Date(Date.now() + 5 * 86_400_000).toISOString()
    const scopes = ['read:users', 'read:keys']
    const description = 'Reads the team'
    const metadata = { team: 'shop', shards: 3 }
    const input = { name: 'Storefront', description, metadata, scopes, expiresAt: soon }
    await createKey(keys, 'mary', input)
    await createKey(keys, 'mary', { name: 'Worker', scopes })
    await sql`update latchkey.api_keys set created_at = now() - interval '40 days' where name = 'Storefront'`
    const page = await keys.open({ as: 'mary' })
    await page
      .getByRole('row', { name: /Storefront/ })
      .getByText('Expires soon')
      .waitFor()
    await page.getByRole('heading', { name: 'Keys that need attention' }).waitFor()
    await expectEverywhere(page, 'health')
    await page.getByRole('link', { name: 'Never expires 1 key' }).waitFor()
    await page.getByRole('link', { name: 'Expires soon 1 key' }).click()
    await page.getByRole('heading', { name: 'Expires soon', level: 1 }).waitFor()
    await expectEverywhere(page, 'health-finding')
    await page.getByRole('link', { name: 'Replace' }).click()
    await page.getByText('A link has filled in the scopes.').waitFor()
    expect(await page.getByRole('checkbox', { name: 'read:users' }).isChecked()).toBe(true)
    await page.getByText('Name, description and metadata are those of “Storefront”').waitFor()
    await expectEverywhere(page, 'replace')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('button', { name: 'Copy key' }).click()
    await page.getByRole('button', { name: 'Done' }).click()
    const { apiKeys } = await keys.ask(
      'mary',
      '{ apiKeys(first: 1) { nodes { name description metadata scopes } } }',
    )
    expect(apiKeys.nodes).toEqual([
      { name: 'Storefront', description, metadata, scopes: scopes.toSorted() },
    ])
    await page.context().close()
  })

  it('of all users is mended by an administrator, who sees the consequences first', async () => {
    const scopes = ['read:users', 'read:keys']
    const { id } = await createKey(keys, 'grace', { name: 'Forgotten', scopes })
    await sql`update latchkey.api_keys
      set created_at = now() - interval '200 days', last_used_at = now() - interval '100 days'
      where id = ${id}`
    await sql`insert into latchkey.api_key_scope_uses (key_id, scope, last_used_at)
      values (${id}, 'read:users', now() - interval '100 days')`
    await sql`insert into latchkey.api_keys
      (id, owner_id, parent_id, name, scopes, secret_hash, last_used_at)
      select 'BusyBusyBusyBusy', owner_id, id, 'Busy', array['read:users'], sha256('busy'), now()
      from latchkey.api_keys where id = ${id}`
    await sql`insert into latchkey.api_key_scope_uses (key_id, scope, last_used_at)
      values ('BusyBusyBusyBusy', 'read:users', now())`
    await createKey(keys, 'joan', { name: 'Paused', scopes })
    await sql`update latchkey.users set status = 'SUSPENDED' where subject = 'joan'`

    const page = await keys.open({ as: 'ada', path: '/admin/health' })
    await page.getByRole('link', { name: 'Unused scopes 1 key' }).waitFor()
    await expectEverywhere(page, 'admin-health')
    await page.getByRole('link', { name: 'Unused scopes 1 key' }).click()
    await page.getByText('Grace Hopper').waitFor()
    await expectEverywhere(page, 'admin-health-finding')
    await page.getByRole('button', { name: 'Remove 1 scope' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByText('loses read:keys').waitFor()
    await shoot(page, 'admin-health-narrow')
    await expectAccessible(page)
    await question.getByRole('button', { name: 'Remove 1 scope' }).click()
    await page.getByRole('heading', { name: 'No key has this problem' }).waitFor()

    await page.getByRole('link', { name: 'Health' }).click()
    await page.getByRole('link', { name: 'Idle for 90 days 1 key' }).click()
    await page.getByRole('button', { name: 'Revoke' }).click()
    // The key is idle, but a key that it created is in use.
    await question.getByText('Scopes in use: read:users just now').waitFor()
    await question.getByLabel('Type the name').fill('Forgotten')
    await question.getByRole('button', { name: 'Revoke key' }).click()
    await page.getByRole('heading', { name: 'No key has this problem' }).waitFor()

    await page.getByRole('link', { name: 'Health' }).click()
    await page.getByRole('link', { name: 'Owner suspended 1 key' }).click()
    await page.getByRole('link', { name: 'Open the user' }).click()
    await page.getByRole('heading', { name: 'joan', level: 1 }).waitFor()
    await page.context().close()
  })
})
