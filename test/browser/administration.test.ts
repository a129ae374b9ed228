import { readFileSync } from 'node:fs'
import type { Page, Route } from 'playwright-core'
import { describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import {
  createKey,
  expectAccessible,
  expectAccessibleAsShown,
  expectEverywhere,
  openUntil,
  shoot,
  startedForAll,
  startKeysPage,
  themes,
} from './keys-page.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

describe.skipIf(!hasProgram('chromium'))('the administration', () => {
  const keys = startedForAll(startKeysPage)

  it('finds a user, suspends and reactivates it, and revokes its keys', async () => {
    const key = await createKey(keys, 'joan', { name: 'Worker', scopes: ['read:users'] })
    await keys.askWithKey(key.secret, '{ users { totalCount } }')
    const page = await keys.open({ as: 'ada', path: '/admin' })
    await page.getByRole('searchbox').fill('jo')
    await page.getByText('1 user', { exact: true }).waitFor()
    await expectEverywhere(page, 'admin-users')
    await page.getByRole('link', { name: 'joan' }).click()
    await page.getByRole('link', { name: 'Worker' }).waitFor()
    await expectEverywhere(page, 'admin-user')

    await page.getByRole('button', { name: 'Suspend' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByText('1 key is affected:').waitFor()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel')
    await shoot(page, 'admin-suspend')
    await expectAccessible(page)
    await question.getByRole('button', { name: 'Suspend' }).click()
    await page.getByRole('button', { name: 'Reactivate' }).click()
    await page.getByRole('status').getByText('The user is active again.').waitFor()
    await keys.askWithKey(key.secret, '{ viewer { subject } }')

    await openUntil(page, 'Revoke all keys', 'Type the subject')
    await question.getByText('1 key is affected:').waitFor()
    await question.getByText(/^Scopes in use: read:users /).waitFor()
    await shoot(page, 'admin-revoke-all')
    await expectAccessible(page)
    const revokeAll = question.getByRole('button', { name: 'Revoke all keys' })
    expect(await revokeAll.isDisabled()).toBe(true)
    await page.getByLabel('Type the subject').fill('joan')
    await revokeAll.click()
    await page.getByRole('status').getByText('1 key revoked.').waitFor()
    await page.getByRole('listitem').filter({ hasText: 'Worker' }).getByText('Revoked').waitFor()
    await expect(keys.askWithKey(key.secret, '{ viewer { subject } }')).rejects.toThrow()

    const worker = await createKey(keys, 'joan', { name: 'Import', scopes: ['read:users'] })
    await page.getByRole('button', { name: 'Change the grant' }).click()
    await page.getByRole('checkbox', { name: 'No ceiling' }).uncheck()
    await page.getByRole('dialog').getByText('read:audit', { exact: true }).waitFor()
    await page.getByRole('checkbox', { name: 'read:keys' }).check()
    await expectEverywhere(page, 'admin-grant')
    await page.getByRole('button', { name: 'Show consequences' }).click()
    await question.getByText('loses read:users').waitFor()
    await shoot(page, 'admin-grant-review')
    await expectAccessible(page)
    await question.getByRole('button', { name: 'Change the grant' }).click()
    await page.getByRole('status').getByText('The grant is changed.').waitFor()
    expect(await keys.askWithKey(worker.secret, '{ viewer { scopes } }')).toEqual({
      viewer: { scopes: [] },
    })

    await openUntil(page, 'Delete', 'Type the subject')
    await question.getByText(/^last used /).waitFor()
    await shoot(page, 'admin-delete')
    await expectAccessible(page)
    const confirm = question.getByRole('button', { name: 'Delete the user' })
    expect(await confirm.isDisabled()).toBe(true)
    await page.getByLabel('Type the subject').fill('joan')
    await confirm.click()
    await page.getByRole('status').getByText('The user is deleted.').waitFor()
    await page.getByRole('heading', { name: 'Administration' }).waitFor()
    await expect(keys.askWithKey(worker.secret, '{ viewer { subject } }')).rejects.toThrow()

    const signedOut = await keys.open({})
    await signedOut.getByLabel('Another name').fill('joan')
    await signedOut.getByRole('button', { name: 'Continue', exact: true }).click()
    await signedOut.getByRole('alert').getByText('This user was deleted or suspended.').waitFor()
    await signedOut.context().close()

    // The dialog of the browser for the file cannot be operated here.
    await page.addInitScript(() =>
      Object.defineProperty(globalThis, 'showSaveFilePicker', { value: undefined, writable: true }),
    )
    await page.goto(`${keys.origin}/keys/admin/audit`)
    await page.getByText('User suspended', { exact: true }).last().waitFor()
    await expectEverywhere(page, 'admin-audit')
    await page.getByRole('checkbox', { name: 'Follow' }).check()
    const { id } = await createKey(keys, 'ada', { name: 'Followed', scopes: ['read:users'] })
    await page.getByRole('link', { name: id }).waitFor()
    await page.getByRole('checkbox', { name: 'Follow' }).uncheck()
    await page.getByRole('searchbox', { name: 'Id of the user or key' }).fill(id)
    await page.waitForFunction(() => document.querySelectorAll('.events > li').length === 1)
    await page.getByLabel('To', { exact: true }).fill('2020-01-01')
    await page.getByRole('heading', { name: 'No event matches' }).waitFor()
    await page.getByLabel('To', { exact: true }).fill('')
    await page.getByRole('searchbox', { name: 'Id of the user or key' }).fill('')

    await page.evaluate(() => {
      const target = {
        write: () => new Promise((resolve) => Reflect.set(globalThis, 'written', resolve)),
        abort: async () => Reflect.set(globalThis, 'aborted', true),
      }
      const picker = async () => ({ createWritable: async () => target })
      Reflect.set(globalThis, 'showSaveFilePicker', picker)
    })
    await page.getByRole('button', { name: 'Export as JSON Lines' }).click()
    await page.waitForFunction(() => Reflect.has(globalThis, 'written'))
    await page.getByRole('button', { name: 'Cancel the export' }).click()
    await page.evaluate(() => Reflect.get(globalThis, 'written')())
    await page.getByRole('status').getByText('The export was cancelled.').waitFor()
    expect(await page.evaluate(() => Reflect.get(globalThis, 'aborted'))).toBe(true)
    await page.evaluate(() => Reflect.set(globalThis, 'showSaveFilePicker', undefined))
    await page.getByRole('combobox', { name: 'Event' }).selectOption('User suspended')
    await page.getByRole('searchbox', { name: 'Subject of the actor' }).fill('ada')
    await page.waitForFunction(() => document.querySelectorAll('.events > li').length === 1)
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export as JSON Lines' }).click()
    const lines = readFileSync(await (await saved).path(), 'utf8')
      .trim()
      .split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ type: 'user.suspended' }])
    await page.context().close()
  })

  it('creates a user, after it has said what is wrong with the input', async () => {
    const page = await keys.open({ as: 'ada', path: '/admin' })
    await page.getByRole('button', { name: 'New user' }).click()
    const dialog = page.getByRole('dialog', { name: 'New user' })
    const create = () => dialog.getByRole('button', { name: 'Create user' }).click()
    await create()
    await dialog.getByText('Enter a subject.').waitFor()
    await dialog.getByLabel('Subject').fill('ada')
    await dialog.getByLabel('Issuer').fill('https://elsewhere.example')
    await create()
    await dialog.getByText('This server does not trust this issuer.').waitFor()
    await dialog.getByLabel('Issuer').fill('')
    await create()
    await dialog.getByRole('alert').getByText('This user exists already.').waitFor()
    await expectEverywhere(page, 'admin-new-user')
    await dialog.getByLabel('Subject').fill('nina')
    await dialog.getByRole('checkbox', { name: 'Grant of all new users' }).uncheck()
    await dialog.getByRole('checkbox', { name: 'read:keys' }).check()
    await create()
    await page.getByRole('heading', { name: 'nina' }).waitFor()
    await page.getByRole('status').getByText('The user is created.').waitFor()
    await page.getByRole('region', { name: 'Grant' }).getByText('read:keys').waitFor()
    await page.context().close()
  })

  it('shows in GraphiQL which scopes an operation needs, and leads to a key with those', async () => {
    const page = await keys.open({})
    await page.goto(`${keys.origin}/graphql`)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.locator('.person', { hasText: 'ada' }).click()
    await page.waitForURL(`${keys.origin}/graphql`)
    const query = 'query Team { users(first: 1) { nodes { subject } } }'
    const answer = page.getByRole('dialog', { name: 'Which scopes does this need?' })
    // The editor has the theme in which it was loaded.
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      await page.goto(`${keys.origin}/graphql?query=${encodeURIComponent(query)}`)
      await page.getByRole('status').getByText('Signed in as').waitFor()
      // The tabs of GraphiQL contain buttons, which axe refuses.
      await page.locator('.graphiql-tabs').evaluate((tabs) => {
        tabs.style.visibility = 'hidden'
      })
      await page.locator('.graphiql-query-editor .view-line').first().waitFor()
      const docs = page.locator('.graphiql-doc-explorer')
      if (!(await docs.isVisible())) {
        await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
      }
      await docs.getByText('Query', { exact: true }).first().click()
      await docs.getByText('users', { exact: true }).click()
      await docs.getByText('Requires scope read:users.').waitFor()
      await shoot(page, `graphiql-${theme}`)
      await expectAccessibleAsShown(page)
      await page.getByRole('button', { name: 'Which scopes does this need?' }).click()
      await answer.getByText('Query.users', { exact: true }).waitFor()
      await shoot(page, `graphiql-scopes-${theme}`)
      await expectAccessibleAsShown(page)
    }
    await expectNewestAnswer(page)
    await answer.getByRole('link', { name: 'New key with exactly read:users' }).click()
    await page.getByText('A link has filled in the scopes.').waitFor()
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(1)
    expect(await page.getByRole('checkbox', { name: 'read:users' }).isChecked()).toBe(true)
    await page.context().close()
  })

  it('says which scope a person lacks', async () => {
    const page = await keys.open({ as: 'grace', path: '/admin/audit' })
    await page.getByRole('heading', { name: 'This needs the scope read:audit' }).waitFor()
    await expectAccessible(page)
    // Without an answer, the screen says so instead of staying empty.
    await page.route('**/keys/graphql', (route) => route.abort())
    await page.reload()
    await page.getByRole('heading', { name: 'No connection' }).waitFor()
    await page.unroute('**/keys/graphql')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'This needs the scope read:audit' }).waitFor()
    await page.goto(`${keys.origin}/keys/admin/unknown`)
    await page.getByRole('heading', { name: 'This page does not exist' }).waitFor()
    await page.context().close()
  })
})

/** Asks which scopes the operation needs, and once more before the first answer arrives. */
async function expectNewestAnswer(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Which scopes does this need?' })
  const ask = () => page.getByRole('button', { name: 'Which scopes does this need?' }).click()
  const close = () => dialog.getByRole('button', { name: 'Close' }).click()
  const held = new Promise<Route>((hold) => {
    const isQuestion = (route: Route) => route.request().postData()?.includes('RequiredScopes')
    let isFirst = true
    void page.route('**/graphql', (route) => {
      if (!isFirst || !isQuestion(route)) return route.continue()
      isFirst = false
      return hold(route)
    })
  })
  await close()
  await ask()
  const first = await held
  await close()
  await ask()
  await dialog.getByText('Query.users', { exact: true }).waitFor()
  const answered = page.waitForEvent('requestfinished', (request) => request === first.request())
  await first.fulfill({ json: { errors: [{ message: 'An earlier answer.' }] } })
  await answered
  await page.evaluate(() => new Promise(requestAnimationFrame))
  expect(await dialog.getByText('An earlier answer.').count()).toBe(0)
  await page.unroute('**/graphql')
}
