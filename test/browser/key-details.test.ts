import { describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import { hostile, hostileMetadata } from './hostile.ts'
import {
  createKey,
  expectAccessible,
  expectEverywhere,
  openUntil,
  shoot,
  startedForAll,
  startKeysPage,
} from './keys-page.ts'

vi.setConfig({ testTimeout: 240_000 })

const createChild = (name: string) =>
  `mutation { createApiKey(input: { name: "${name}", scopes: ["read:users"] }) { secret apiKey { id } } }`

const createMutation =
  'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } } }'

describe.skipIf(!hasProgram('chromium'))('the page of a key', () => {
  const keys = startedForAll(startKeysPage)

  it('narrows a key to what it used, widens it by a link, and edits it', async () => {
    const scopes = ['read:users', 'read:keys', 'write:keys', 'write:users']
    const key = await createKey(keys, 'ada', { name: 'Storefront', scopes })
    await keys.askWithKey(key.secret, '{ users { totalCount } }')
    await keys.askWithKey(key.secret, '{ apiKeys { totalCount } }')
    await keys.askWithKey(key.secret, createChild('Night import'))

    const page = await keys.open({ as: 'ada' })
    await page.getByRole('link', { name: 'Storefront' }).click()
    await page.getByRole('heading', { name: 'Storefront', level: 1 }).waitFor()
    const scopesOf = page.getByRole('region', { name: 'Scopes' })
    // The screen follows the uses of the key, which the server reports some seconds late.
    await scopesOf.getByText('No request has needed this scope:').waitFor({ timeout: 40_000 })
    await page.getByRole('link', { name: 'Night import' }).waitFor()
    await scopesOf.getByText('Nothing that runs today loses a scope.').waitFor()
    await expectEverywhere(page, 'key')
    const remove = page.getByRole('button', { name: 'Remove it' })
    // As long as the consequences are unknown, nothing is said about them, and nothing is removed.
    await page.route('**/keys/graphql', (route) =>
      route.request().postData()?.includes('query Consequences') ? route.abort() : route.continue(),
    )
    await page.reload()
    await scopesOf.getByText('The server could not be reached.').waitFor()
    expect(await remove.isDisabled()).toBe(true)
    await page.unroute('**/keys/graphql')
    await page.reload()
    await scopesOf.getByText('Nothing that runs today loses a scope.').waitFor()
    await remove.click()
    await page.getByRole('status').getByText('1 scope removed.').waitFor()
    await scopesOf.getByText('Requests have needed all scopes of this key.').waitFor()

    await page.goto(`${keys.origin}/keys/${key.id}?add=write:users%20read:keys%20read:audit`)
    const asked = page.getByRole('region', { name: 'A link asks you to add scopes' })
    await asked.getByText('read:audit cannot be added to a key.').waitFor()
    await expectEverywhere(page, 'key-asked')
    expect(await scopesIn(key.id)).not.toContain('write:users')
    await asked.getByRole('button', { name: 'Add 1 scope' }).click()
    await asked.waitFor({ state: 'detached' })
    expect(await scopesIn(key.id)).toContain('write:users')
    expect(new URL(page.url()).search).toBe('')

    await page.getByRole('button', { name: 'Add scopes' }).click()
    await page.getByText('The key has every scope that can be added.').waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Cancel' }).click()

    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByLabel('Metadata (JSON)').fill('[1]')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Enter a JSON object').waitFor()
    await shoot(page, 'key-edit')
    await expectAccessible(page)
    await page.getByLabel('Name').fill('Web shop')
    // The screen reads the key again when it changes. If that fails, the form stays.
    await page.route('**/keys/graphql', (route) =>
      route.request().postData()?.includes('query Key(') ? route.abort() : route.continue(),
    )
    const failed = page.waitForEvent('requestfailed')
    await keys.askWithKey(key.secret, createChild('Day import'))
    await failed
    await page.unroute('**/keys/graphql')
    expect(await page.getByLabel('Name').inputValue()).toBe('Web shop')
    await page.getByLabel('Metadata (JSON)').fill('{"team": "<b>shop</b>"}')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Web shop' }).waitFor()
    await page.getByText('"team": "<b>shop</b>"').waitFor()
    await page.context().close()
  })

  it('removes scopes that a person chooses from a key that no request has used', async () => {
    const scopes = ['read:users', 'read:keys', 'write:keys']
    const key = await createKey(keys, 'ada', { name: 'Too wide', scopes })
    const page = await keys.open({ as: 'ada' })
    await page.getByRole('link', { name: 'Too wide' }).click()
    await page.getByRole('button', { name: 'Remove scopes' }).click()
    const dialog = page.getByRole('dialog')
    const remove = dialog.getByRole('button', { name: 'Remove' })
    expect(await remove.isDisabled()).toBe(true)
    const place = async () =>
      (await dialog.getByText('write:keys', { exact: true }).boundingBox())?.y
    const before = await place()
    await dialog.getByLabel('read:keys').check()
    await dialog.getByText('loses read:keys').waitFor()
    expect(await place()).toBe(before)
    for (const scope of scopes) await dialog.getByLabel(scope).check()
    await dialog.getByText('A key has at least one scope.').waitFor()
    expect(await remove.isDisabled()).toBe(true)
    await dialog.getByLabel('read:users').uncheck()
    await dialog.getByText('loses read:keys, write:keys').waitFor()
    await expectEverywhere(page, 'key-remove-scopes')
    await dialog.getByRole('button', { name: 'Remove 2 scopes' }).click()
    await page.getByRole('status').getByText('2 scopes removed.').waitFor()
    await page.getByRole('button', { name: 'Remove scopes' }).waitFor({ state: 'detached' })
    expect(await scopesIn(key.id)).toEqual(['read:users'])
    const activity = page.getByRole('region', { name: 'Activity' })
    await activity.getByText('Key changed').waitFor()
    expect(await activity.getByText('Owner').count()).toBe(0)
    await page.context().close()
  })

  it('rotates a key, shows who still uses the old secret, and ends it', async () => {
    const key = await createKey(keys, 'joan', { name: 'Worker', scopes: ['read:users'] })
    const page = await keys.open({ as: 'joan', path: `/${key.id}` })
    await page.getByRole('button', { name: 'Rotate' }).click()
    await page.getByLabel('The old secret works for').selectOption('7 days')
    await shoot(page, 'key-rotate')
    await expectAccessible(page)
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('heading', { name: '“Worker” has a new secret' }).waitFor()
    await page.getByRole('button', { name: 'Copy key' }).click()
    const secret = await page.evaluate(() => navigator.clipboard.readText())
    expect(secret).not.toBe(key.secret)
    await keys.askWithKey(secret, '{ viewer { subject } }')
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByText('Nobody has used the old secret since').waitFor()
    expect(await page.content()).not.toContain(secret.slice(-49))

    await keys.askWithKey(key.secret, '{ viewer { subject } }')
    await page.getByText(/^The old secret was used from/).waitFor({ timeout: 40_000 })
    await expectEverywhere(page, 'key-rotating')
    await page.getByRole('button', { name: 'End the old secret' }).click()
    await page.getByRole('alertdialog').waitFor()
    await shoot(page, 'key-end')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'End old secret' }).click()
    await page.getByRole('status').getByText('The old secret no longer works.').waitFor()
    await expect(keys.askWithKey(key.secret, '{ viewer { subject } }')).rejects.toThrow()

    const rotate = `mutation { rotateApiKey(input: { id: "${key.id}" }) { apiKey { id } } }`
    await keys.ask('joan', rotate)
    await page.getByText('Rotating', { exact: true }).waitFor()
    await page.getByText('Secret rotated').nth(1).waitFor()
    const activity = page.getByRole('region', { name: 'Activity' })
    await activity
      .getByText(/^Old secret ends: \d+ \w+ \d{4}, \d\d:\d\d:\d\d /)
      .first()
      .waitFor()
    expect(await activity.getByText(/force|previousExpiresAt|T\d\d:/).count()).toBe(0)
    await page.context().close()
  })

  it('revokes a key in use when its name is typed, and gives a receipt', async () => {
    const scopes = ['read:users', 'write:keys']
    const key = await createKey(keys, 'mary', { name: 'Build  agent', scopes })
    await keys.askWithKey(key.secret, createChild('Build cache'))
    const page = await keys.open({ as: 'mary', path: `/${key.id}` })
    await openUntil(page, 'Revoke', 'Type the name')
    const question = page.getByRole('alertdialog')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel')
    await question.getByText('1 key that it created is revoked too').waitFor()
    await question.getByRole('button', { name: 'Cancel' }).click()
    await page.route('**/keys/graphql', (route) =>
      route.request().postData()?.includes('Consequences')
        ? route.fulfill({ status: 503, body: '' })
        : route.continue(),
    )
    await page.getByRole('button', { name: 'Revoke' }).click()
    await question.getByRole('alert').getByText('It cannot answer at the moment.').waitFor()
    await question.getByRole('button', { name: 'Cancel' }).click()
    await page.unroute('**/keys/graphql')
    await page.getByRole('button', { name: 'Revoke' }).click()
    await question.getByText('1 key that it created is revoked too').waitFor()
    await question.getByText(/^read:users \w.+, write:keys \w/).waitFor()
    await expectEverywhere(page, 'key-revoke')
    const revoke = question.getByRole('button', { name: 'Revoke key' })
    expect(await revoke.isDisabled()).toBe(true)
    await page.getByLabel('Type the name').fill('Build agent')
    await revoke.click()
    await page
      .getByRole('main')
      .getByText(/^Refused everywhere since \d\d:\d\d:\d\d\.\d{3}$/)
      .waitFor()
    expect(await page.locator('.receipt time').getAttribute('title')).toMatch(
      /^\d+ \w+ \d{4}\D+\d\d:\d\d:\d\d\.\d{3} \S+$/,
    )
    await page.getByText('Revoked', { exact: true }).first().waitFor()
    await page.getByText('The key could do this.').waitFor()
    await page.locator('dt', { hasText: /^Revoked$/ }).waitFor()
    expect(await page.locator('dt', { hasText: /^Expires$/ }).count()).toBe(0)
    await expectEverywhere(page, 'key-revoked')
    await page.getByRole('region', { name: 'Activity' }).scrollIntoViewIfNeeded()
    await shoot(page, 'key-activity')
    await expect(keys.askWithKey(key.secret, '{ viewer { subject } }')).rejects.toThrow()

    await page.goto(`${keys.origin}/keys/${key.id}?add=write:users`)
    await page.getByText('The key was revoked, so nothing can be added.').waitFor()
    await expectAccessible(page)
    await page.getByRole('link', { name: 'New key with these scopes' }).click()
    await page.getByText('A link has filled in the scopes.').waitFor()
    expect(await page.getByRole('checkbox', { name: 'write:users' }).isChecked()).toBe(true)
    await page.context().close()
  })

  it('says that a key of somebody else, or a screen, does not exist', async () => {
    const key = await createKey(keys, 'ada', { name: 'Hers', scopes: ['read:users'] })
    const page = await keys.open({ as: 'grace', path: `/${key.id}` })
    for (const [path, title] of [
      [`/keys/${key.id}`, 'There is no such key'],
      ['/keys/no/such/screen', 'This page does not exist'],
    ] as const) {
      await page.goto(keys.origin + path)
      await page.getByRole('heading', { name: title, level: 1 }).waitFor()
      expect(await page.title()).toBe(`${title} · Latchkey`)
      await expectAccessible(page)
    }
    await page.context().close()
  })

  it('shows hostile texts as they are', async () => {
    const [name = '', ...others] = hostile
    const scopes = ['read:users', 'write:keys']
    const parent = await createKey(keys, 'trudy', {
      name,
      description: hostile.join(' ').slice(0, 500),
      metadata: hostileMetadata,
      scopes,
    })
    for (const other of others) {
      const input = { name: other, description: other, scopes: ['read:users'] }
      await sendFrom(name, '/graphql', parent.secret, {
        query: createMutation,
        variables: { input },
      })
    }
    const page = await keys.open({ as: 'trudy' })
    const dialogs: string[] = []
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    const expectInert = async (screen: string) => {
      const made = 'img, iframe, script:not([src]):not([type]), svg animate, [onerror], [onbegin]'
      expect(await page.locator(made).count()).toBe(0)
      await page.setViewportSize({ width: 320, height: 800 })
      await shoot(page, `hostile-${screen}`)
      await expectAccessible(page)
      await page.setViewportSize({ width: 1440, height: 900 })
    }
    for (const text of hostile) await page.getByRole('link', { name: text, exact: true }).waitFor()
    await expectInert('list')

    await page.getByRole('link', { name, exact: true }).click()
    await page
      .getByText(`from 127.0.0.1 by ${name}`, { exact: true })
      .first()
      .waitFor({ timeout: 40_000 })
    for (const text of others) await page.getByRole('link', { name: text, exact: true }).waitFor()
    const metadata = page.locator('.metadata')
    expect(await metadata.textContent()).toContain('"a\\u202egnp.exe\\u200b\\ufeff\\u001b[31m"')
    await expectInert('key')

    await page.goto(`${keys.origin}/keys/${parent.id}?add=${encodeURIComponent(hostile.join(' '))}`)
    await page.getByText(/^The link names \d+ scopes that this server does not have\.$/).waitFor()
    await expectInert('asked')
    await page.getByRole('button', { name: 'Revoke' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByLabel('Reason').fill(hostile.join(' ').slice(0, 500))
    await question.getByLabel('Type the name').fill(name)
    await expectInert('question')
    await question.getByRole('button', { name: 'Revoke key' }).click()
    await page.getByText('are refused too:').waitFor()
    await page.locator('.receipt[data-effective="true"]').waitFor()
    await page.getByRole('region', { name: 'Activity' }).getByText('Key revoked').first().waitFor()
    await expectInert('receipt')

    await sendFrom(name, '/keys/sign-in', null, { subject: 'trudy' })
    await page.goto(`${keys.origin}/keys/sessions`)
    await page.getByText(name, { exact: true }).waitFor()
    await expectInert('sessions')
    await page.goto(`${keys.origin}/keys/new?scopes=${encodeURIComponent(hostile.join(' '))}`)
    await page.getByText('that this server does not have.').waitFor()
    await expectInert('create')
    expect(dialogs).toEqual([])
    await page.context().close()
  })

  /** Sends a request as a program that calls itself `userAgent`. */
  async function sendFrom(userAgent: string, path: string, secret: string | null, body: object) {
    const response = await fetch(keys.origin + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': userAgent,
        origin: keys.origin,
        ...(secret !== null && { authorization: `Bearer ${secret}` }),
      },
      body: JSON.stringify(body),
    })
    expect(await response.text()).not.toContain('"errors"')
    expect(response.status).toBe(200)
  }

  async function scopesIn(id: string): Promise<readonly string[]> {
    const { apiKey } = await keys.ask('ada', 'query ($id: ID!) { apiKey(id: $id) { scopes } }', {
      id,
    })
    return apiKey.scopes
  }
})
