import { describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import { keyboardOf } from './keyboard.ts'
import {
  createKey,
  expectAccessible,
  expectEverywhere,
  shoot,
  signIn,
  startedForAll,
  startKeysPage,
} from './keys-page.ts'

vi.setConfig({ testTimeout: 240_000 })

const createChild =
  'mutation { createApiKey(input: { name: "Checkout", scopes: ["read:users"] }) { apiKey { id } } }'

describe.skipIf(!hasProgram('chromium'))('the keys page', () => {
  const keys = startedForAll(startKeysPage)

  it('signs people in, with one click for development', async () => {
    const page = await keys.open({})
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await expectEverywhere(page, 'sign-in')
    await page.goto(`${keys.origin}/keys/sign-in?error=constructor`)
    await page.getByText('The sign-in failed. Try again.').waitFor()
    await expectAccessible(page)
    await page.goto(`${keys.origin}/keys`)
    await signIn(page, 'ada')
    expect(new URL(page.url()).pathname).toBe('/keys')
    expect(await page.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }])
    await page.context().close()
  })

  it('creates a key from an operation, and shows its secret once', async () => {
    const page = await keys.open({ as: 'mary' })
    await page.getByRole('heading', { name: 'Create your first key' }).waitFor()
    await expectEverywhere(page, 'empty')
    await page.getByRole('link', { name: 'New key' }).first().click()
    await page.getByText('read:users', { exact: true }).waitFor()
    await expectEverywhere(page, 'create')
    // The link leads to the content of this screen, not of the one that was loaded first.
    await page.getByRole('link', { name: 'Skip to content' }).focus()
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
    expect(new URL(page.url()).pathname).toBe('/keys/new')

    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('Enter a name.').waitFor()
    await page.getByText('Choose at least one scope.').waitFor()
    await expectAccessible(page)

    await page.setViewportSize({ width: 320, height: 800 })
    const tab = page.getByRole('tab', { name: 'Start from an operation' })
    const right = () => tab.evaluate((element) => element.getBoundingClientRect().right)
    await tab.evaluate((element: HTMLElement) => element.click())
    expect(await right()).toBeLessThan(288)
    await page.setViewportSize({ width: 1440, height: 900 })
    const operations = page.getByLabel('GraphQL operations')
    await operations.fill('{ nothing }')
    await page.getByText('Cannot query field "nothing" on type "Query".').waitFor()
    await operations.fill(
      'query Team { users { nodes { subject } } }\nquery Keys { apiKeys { totalCount } }',
    )
    await page.getByText('Query.users', { exact: true }).waitFor()
    const take = page.getByRole('button', { name: 'Take exactly these 2 scopes' })
    await expectEverywhere(page, 'create-operation', take)
    await page.getByText('for example with “Take exactly these 2 scopes”').waitFor()
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 757 })
      await operations.fill('{ users { nodes { subject } } apiKeys { totalCount } }')
      await operations.press('Space')
      await page.getByText('Query.users', { exact: true }).waitFor()
      await page.waitForFunction(() => {
        const bar = document.querySelector('.form-actions')?.getBoundingClientRect().top ?? 0
        const bottom = document.querySelector('.analyses')?.getBoundingClientRect().bottom
        return bottom !== undefined && bottom <= bar
      })
    }
    await page.setViewportSize({ width: 1440, height: 900 })

    const many = Array.from({ length: 22 }, (_, n) => `query Q${n} { viewer { ...Who } }`)
    const dropped = await page.evaluateHandle(
      ([text = '']) => {
        const data = new DataTransfer()
        data.items.add(new File(['binary'], 'photo.png'))
        data.items.add(new File([text], 'many.graphql'))
        return data
      },
      [[...many, 'fragment Who on Principal { subject }'].join('\n')],
    )
    await page.dispatchEvent('.operation', 'drop', { dataTransfer: dropped })
    await page.getByText('Q21', { exact: true }).waitFor({ timeout: 120_000 })
    await page.getByText('photo.png').waitFor()
    await expectAccessible(page)
    await take.click()

    await page.getByRole('button', { name: 'Metadata optional' }).click()
    await page.getByLabel('Value 1', { exact: true }).fill('shop')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('Give each value of the metadata a property.').waitFor()
    await page.getByLabel('Property 1', { exact: true }).fill('team')
    await expectEverywhere(page, 'create-metadata', page.getByLabel('Property 1', { exact: true }))
    await page.getByLabel('Name').fill('Team sync')
    await page.getByRole('radio', { name: '90 days' }).check()
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('Only this page shows the key').waitFor()
    await expectEverywhere(page, 'secret')
    const done = page.getByRole('button', { name: 'Done' })
    expect(await done.getAttribute('class')).not.toContain('primary')
    await page.getByRole('button', { name: 'Copy key' }).click()
    await page.locator('.button-primary', { hasText: 'Done' }).waitFor()
    const secret = await page.evaluate(() => navigator.clipboard.readText())
    expect(secret).toMatch(/^lk_\w{16}_\w{49}$/)
    expect(await page.content()).not.toContain(secret)
    await page.getByRole('button', { name: 'Reveal' }).click()
    expect(await page.content()).toContain(secret)
    expect((await keys.askWithKey(secret, '{ viewer { scopes } }')).viewer.scopes).toEqual([
      'read:keys',
      'read:users',
    ])

    await page.goBack()
    await page.getByRole('alertdialog', { name: 'Have you saved the key?' }).waitFor()
    await shoot(page, 'secret-leave')
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Stay here' }).click()
    await done.click()
    await page.getByRole('link', { name: 'Team sync' }).waitFor()
    const { apiKeys } = await keys.ask('mary', '{ apiKeys { nodes { metadata } } }')
    expect(apiKeys.nodes).toEqual([{ metadata: { team: 'shop' } }])

    const kept = await page.evaluate(async () => [
      document.documentElement.outerHTML,
      location.href,
      JSON.stringify(history.state),
      JSON.stringify({ ...localStorage, ...sessionStorage }),
      ...(await caches.keys()),
    ])
    expect(kept.join()).not.toContain(secret.slice(-49))
    await page.goBack()
    expect(await page.content()).not.toContain(secret.slice(-49))
    await page.context().close()
  })

  it('lists, searches, filters, sorts and revokes keys', async () => {
    for (let n = 1; n <= 22; n++) {
      await createKey(keys, 'joan', { name: `Worker ${n}`, scopes: ['read:users'] })
    }
    const soon = new Date(Date.now() + 5 * 86_400_000).toISOString()
    const scopes = ['read:users', 'read:keys', 'write:keys', 'write:users']
    const used = await createKey(keys, 'joan', { name: 'Storefront', scopes, expiresAt: soon })
    await keys.askWithKey(used.secret, createChild)

    const page = await keys.open({ as: 'joan' })
    await page.getByText('24 keys').waitFor()
    await expectEverywhere(page, 'list')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('link', { name: 'Worker 1', exact: true }).waitFor()
    await page.getByRole('button', { name: 'Previous' }).click()
    await page.getByRole('combobox', { name: 'Order' }).selectOption('EXPIRES')
    await page.waitForFunction(() =>
      /^(Storefront|Checkout)/.test(document.querySelector('.key-name')?.textContent ?? ''),
    )
    const storefront = page.getByRole('row', { name: /Storefront/ })
    // It has just been created, for 5 days.
    await storefront.getByText('Active', { exact: true }).waitFor()
    await storefront.getByText('in 5 days').waitFor()
    await page.getByRole('combobox', { name: 'Order' }).selectOption('NEWEST')
    await page.getByRole('searchbox').fill('worker 2')
    await page.getByText('4 keys', { exact: true }).waitFor()
    expect(new URL(page.url()).search).toContain('search=worker')
    await page.getByRole('searchbox').fill('nothing has this name')
    await page.getByRole('heading', { name: 'No key matches' }).waitFor()
    await expectEverywhere(page, 'no-match')
    await page.getByRole('button', { name: 'Show all keys' }).click()

    await page.getByRole('checkbox', { name: 'Select Worker 22' }).check()
    await page.getByRole('checkbox', { name: 'Select Worker 21' }).check()
    await page.getByRole('checkbox', { name: 'Select Storefront' }).check()
    await page.getByText('3 keys selected').waitFor()
    await page.setViewportSize({ width: 390, height: 800 })
    await page
      .getByRole('row', { name: /Storefront/ })
      .getByText('from 127.0.0.1 by node', { exact: true })
      .waitFor()
    await page.setViewportSize({ width: 1440, height: 900 })
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.postData() ?? ''))
    await page.getByRole('button', { name: 'Revoke…' }).click()
    const question = page.getByRole('alertdialog', { name: 'Revoke 3 keys?' })
    await question.getByText('1 key that it created is revoked too').waitFor()
    expect(asked.filter((body) => body.includes('consequences('))).toHaveLength(1)
    await question.getByText('Checkout').waitFor()
    await question.getByText(/^Scopes in use: read:users .+, write:keys /).waitFor()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel')
    await expectEverywhere(page, 'revoke')
    const revoke = question.getByRole('button', { name: 'Revoke 3 keys' })
    expect(await revoke.isDisabled()).toBe(true)
    await question.getByLabel('Type “revoke”').fill('Revoke')
    await revoke.click()
    await page.getByRole('status').getByText('3 keys revoked, and 1 created by them.').waitFor()
    await page.getByRole('combobox', { name: 'Status' }).selectOption('REVOKED')
    await page.getByText('4 keys', { exact: true }).waitFor()
    await storefront.getByText('Revoked', { exact: true }).waitFor()
    expect(await storefront.getByText('in 5 days').count()).toBe(0)
    await page.getByRole('combobox', { name: 'Status' }).selectOption('ACTIVE')
    await page.getByRole('checkbox', { name: 'Select all keys on this page' }).check()
    await page.getByRole('button', { name: 'Revoke…' }).click()
    await page.getByRole('alertdialog', { name: 'Revoke 20 keys?' }).waitFor()
    await page.locator('.revoke-list ~ .skeleton').waitFor({ state: 'detached' })
    expect(await page.getByRole('alert').allTextContents()).toEqual([])
    await page.context().close()
  })

  it('creates and revokes a key with the keyboard alone', async () => {
    const page = await keys.open({ as: 'edith' })
    const { press, tabTo, expectFocus } = keyboardOf(page)
    await page.getByRole('heading', { name: 'Create your first key' }).waitFor()
    await tabTo('New key')
    await press('Enter')
    await expectFocus('Name')
    await page.keyboard.type('Agent')
    await tabTo('read:users')
    await press('Space')
    await tabTo('Create key')
    await press('Enter')
    await expectFocus('“Agent” is ready')
    await tabTo('Copy key')
    await press('Enter')
    await page.locator('[aria-live="polite"]').getByText('API key copied').waitFor()
    const secret = await page.evaluate(() => navigator.clipboard.readText())
    await keys.askWithKey(secret, '{ users { totalCount } }')
    await tabTo('Done')
    await press('Enter')
    await expectFocus('API keys')
    await tabTo('Agent')
    await press('Enter')
    await expectFocus('Agent')
    // The screen follows the use of the key, which the server reports some seconds late.
    await page.getByRole('region', { name: 'Scopes' }).getByText('just now').waitFor()
    await tabTo('Revoke')
    await press('Enter')
    await expectFocus('Cancel')
    await tabTo('Type the name of the key to confirm')
    await page.keyboard.type('Agent')
    await tabTo('Revoke key')
    await press('Enter')
    await expectFocus(/^(Revoked\. Waiting|Refused everywhere since)/)
    await expect(keys.askWithKey(secret, '{ viewer { subject } }')).rejects.toThrow()
    await page.context().close()
  })

  it('moves nothing while it loads, and obeys its own policy', async () => {
    await createKey(keys, 'mae', { name: 'Only one', scopes: ['read:users'] })
    const page = await keys.open({ as: 'mae' })
    await page.addInitScript(() => {
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const before = Number(Reflect.get(globalThis, 'shift') ?? 0)
          Reflect.set(globalThis, 'shift', before + Number(Reflect.get(entry, 'value')))
        }
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.reload()
    await page.locator('.key-table').waitFor()
    await page.waitForTimeout(500)
    expect(await page.evaluate(() => Number(Reflect.get(globalThis, 'shift') ?? 0))).toBeLessThan(
      0.01,
    )
    await page.context().close()
  })
})
