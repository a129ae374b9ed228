import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import { createKey, expectEverywhere, type KeysPage, startKeysPage } from './keys-page.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

describe.skipIf(!hasProgram('chromium'))('the health of keys', () => {
  let keys: KeysPage
  beforeAll(async () => {
    keys = await startKeysPage()
  })
  afterAll(async () => {
    await keys.close()
    expect(keys.problems).toEqual([])
  })

  it('is below the list, and leads to a form that replaces a key', async () => {
    const soon = new Date(Date.now() + 5 * 86_400_000).toISOString()
    const scopes = ['read:users', 'read:keys']
    await createKey(keys, 'mary', { name: 'Storefront', scopes, expiresAt: soon })
    await createKey(keys, 'mary', { name: 'Worker', scopes })
    const page = await keys.open({ as: 'mary' })
    await page.getByRole('heading', { name: 'Worth a look' }).waitFor()
    await expectEverywhere(page, 'health')
    await page.getByRole('link', { name: 'Never expires 1 key' }).waitFor()
    await page.getByRole('link', { name: 'Expires soon 1 key' }).click()
    await page.getByRole('heading', { name: 'Expires soon', level: 1 }).waitFor()
    await expectEverywhere(page, 'health-finding')
    await page.getByRole('link', { name: 'Replace' }).click()
    await page.getByText('A link has filled in the scopes.').waitFor()
    expect(await page.getByRole('checkbox', { name: 'read:users' }).isChecked()).toBe(true)
    await page.context().close()
  })
})
