import type { BrowserContext, Page, Request } from 'playwright-core'
import { describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import {
  createKey,
  expectAccessible,
  expectEverywhere,
  shoot,
  signIn,
  startedForAll,
  startKeysPage,
} from './keys-page.ts'

vi.setConfig({ testTimeout: 120_000 })

describe.skipIf(!hasProgram('chromium'))('the sessions and tabs of the page', () => {
  const keys = startedForAll(() => startKeysPage({ KEY_MAX_LIFETIME_DAYS: '45' }))

  it('lists sessions, ends one, and signs out everywhere', async () => {
    const [page, other, third] = [
      await keys.open({ as: 'grace', path: '/sessions' }),
      await keys.open({ as: 'grace' }),
      await keys.open({ as: 'grace' }),
    ]
    await page.reload()
    await page.getByText('This browser').waitFor()
    const ends = page.getByRole('button', { name: 'End the session in Chrome on Linux' })
    expect(await ends.count()).toBe(2)
    await expectEverywhere(page, 'sessions')
    await ends.first().click()
    await page.getByRole('status').getByText('The session has ended.').waitFor()
    await vi.waitFor(async () => expect(await ends.count()).toBe(1))
    await third.reload()
    await third.getByRole('heading', { name: 'Sign in' }).waitFor()

    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    const question = page.getByRole('alertdialog')
    await question.waitFor()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel')
    await shoot(page, 'sessions-everywhere')
    await expectAccessible(page)
    await question.getByRole('button', { name: 'Sign out everywhere' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await other.reload()
    await other.getByRole('heading', { name: 'Sign in' }).waitFor()
    for (const { context } of [page, other, third].map((one) => ({ context: one.context() })))
      await context.close()
  })

  it('shows changes of other tabs and programs at once', async () => {
    const { id } = await createKey(keys, 'hedy', { name: 'First', scopes: ['read:users'] })
    const page = await keys.open({ as: 'hedy' })
    const streams = watchStreams(page.context())
    await page.reload()
    await expect.poll(() => streams.tabs()).toEqual([page])
    const other = await page.context().newPage()
    await other.goto(`${keys.origin}/keys`)
    await other.getByRole('link', { name: 'First' }).waitFor()
    await createKey(keys, 'hedy', { name: 'Second', scopes: ['read:users'] })
    for (const tab of [page, other]) await tab.getByRole('link', { name: 'Second' }).waitFor()
    expect(streams.tabs()).toEqual([page])
    // What is shown stays while the server does not answer, and the page asks again by itself.
    await other.getByRole('link', { name: 'Second' }).click()
    await other.getByRole('heading', { name: 'Second' }).waitFor()
    let isDown = true
    await other.route('**/keys/graphql', (route) =>
      isDown ? route.fulfill({ status: 503, body: 'down' }) : route.continue(),
    )
    await createKey(keys, 'hedy', { name: 'Third', scopes: ['read:users'] })
    await other.getByText('this may be out of date').waitFor()
    await other.getByRole('heading', { name: 'Second' }).waitFor()
    await expectEverywhere(other, 'old')
    isDown = false
    await other.getByText('this may be out of date').waitFor({ state: 'detached' })
    await other.unroute('**/keys/graphql')
    await other.getByRole('link', { name: 'API keys' }).click()
    await other.getByRole('link', { name: 'Third' }).waitFor()
    // The tab with the stream is closed, and the other one takes over.
    await page.close()
    await keys.ask(
      'hedy',
      'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { effectiveBy } }',
      { id },
    )
    await other.getByRole('row', { name: /First/ }).getByText('Revoked').waitFor()
    expect(streams.tabs()).toEqual([other])
    await other.context().close()
  })

  it('has words for a lost network, for too many requests, and for an outage', async () => {
    const page = await keys.open({ as: 'grace' })
    await answerWith(page, 503, 'SERVICE_UNAVAILABLE')
    await page.reload()
    await page.getByRole('heading', { name: 'The server is not available' }).waitFor()
    await expectEverywhere(page, 'failure-unavailable')
    await answerWith(page, 429, 'RATE_LIMITED')
    await page.reload()
    await page.getByText(/You can try again in 1[0-6] s/).waitFor()
    // A screen reader does not hear each second.
    expect(await page.getByRole('alert').ariaSnapshot()).toContain('in 17 s')
    await expectEverywhere(page, 'failure-rate-limited')
    await page.unroute('**/keys/graphql')
    await page.route('**/keys/graphql', (route) => route.abort())
    await page.reload()
    await page.getByRole('heading', { name: 'No connection' }).waitFor()
    await expectEverywhere(page, 'failure-network')
    const retry = page.getByRole('button', { name: 'Try again' })
    await page.unroute('**/keys/graphql')
    // Without the steps of a real click: the page tries again by itself too, and the button leaves.
    await retry.evaluate((button: HTMLElement) => button.click())
    await page.getByRole('heading', { name: 'Create your first key' }).waitFor()
    await answerWith(page, 401, 'INVALID_CREDENTIAL')
    await page.reload()
    await page.getByRole('alertdialog', { name: 'You are signed out' }).waitFor()
    await expectEverywhere(page, 'failure-signed-out')
    await page.unroute('**/keys/graphql')
    await loseScript(page, 'session-list')
    await page.context().close()
  })

  it('follows the person who signs in or out in another tab', async () => {
    const page = await keys.open({ as: 'ada' })
    const other = await page.context().newPage()
    await other.goto(`${keys.origin}/keys`)
    // The same person signs in again, which ends the session that the first tab shows.
    await signInAgain(other, 'ada')
    const asked = page.waitForResponse('**/keys/session')
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await (await asked).finished()
    await page.getByRole('link', { name: 'New key' }).first().click()
    await page.getByRole('checkbox', { name: 'read:users' }).waitFor()
    expect(await page.getByRole('alertdialog').count()).toBe(0)
    await other.reload()
    await other.locator('.account').click()
    await other.getByRole('menuitem', { name: 'Sign out' }).click()
    await signIn(other, 'grace')
    await page.bringToFront()
    await page.getByRole('button', { name: 'Account of grace' }).waitFor()
    await page.getByRole('link', { name: 'Sessions' }).click()
    await page.getByText('This browser').waitFor()
    await page.locator('.account').click()
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await page.locator('.key-table, .account').count()).toBe(0)
    await page.context().close()
  })

  it('repeats a request that was on its way while the person signed in again', async () => {
    await createKey(keys, 'mary', { name: 'First', scopes: ['read:users'] })
    const page = await keys.open({ as: 'mary' })
    await page.getByRole('link', { name: 'First' }).waitFor()
    const other = await page.context().newPage()
    await other.goto(`${keys.origin}/keys`)
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const held = new Promise<void>((resolve) =>
      page.route('**/keys/graphql', async (route) => {
        resolve()
        await released
        await route.continue()
      }),
    )
    await page.getByRole('link', { name: 'First' }).click()
    await held
    await signInAgain(other, 'mary')
    const asked = page.waitForResponse('**/keys/session')
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await (await asked).finished()
    const refused = page.waitForResponse((response) => response.status() === 401)
    release()
    await refused
    await page.getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await page.getByRole('alertdialog').count()).toBe(0)
    await page.context().close()
  })

  it('follows changes again after the session has ended and the person has signed in again', async () => {
    const page = await keys.open({ as: 'rosalind' })
    await page.getByRole('heading', { name: 'Create your first key' }).waitFor()
    const other = await page.context().newPage()
    await other.goto(`${keys.origin}/keys/new`)
    const refused = page.waitForResponse((response) => response.status() === 401)
    await other.locator('.account').click()
    await other.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.getByRole('alertdialog', { name: 'You are signed out' }).waitFor()
    await refused
    await signIn(other, 'rosalind')
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    await other.close()
    await createKey(keys, 'rosalind', { name: 'Again', scopes: ['read:users'] })
    await page.getByRole('link', { name: 'Again' }).waitFor()
    await page.context().close()
  })

  it('keeps nothing of the person for the way back', async () => {
    const page = await keys.open({ as: 'ada' })
    const { cookies } = await page.context().storageState()
    // The browser of the tests keeps no pages, so the events of one that does are sent.
    const show = (type: string) =>
      page.evaluate(
        (type) => dispatchEvent(new PageTransitionEvent(type, { persisted: true })),
        type,
      )
    await show('pagehide')
    expect(await page.locator('body').textContent()).toBe('')
    await page.context().clearCookies()
    await show('pageshow')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.context().addCookies(cookies)
    await page.reload()
    await page.getByRole('button', { name: 'Account of ada' }).waitFor()

    await page.goto(`${keys.origin}/keys/new`)
    await page.getByText('This server allows at most 45 days.').waitFor()
    expect(await page.getByRole('radio').count()).toBe(3)
    await page.getByLabel('Name').fill('Half done')
    await page.getByRole('checkbox', { name: 'read:users' }).check()
    await answerWith(page, 429, 'RATE_LIMITED')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText(/You can try again in 1[0-6] s/).waitFor()
    await expectEverywhere(page, 'create-rate-limited', page.getByRole('alert'))
    await answerWith(page, 401, 'INVALID_CREDENTIAL')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('alertdialog', { name: 'You are signed out' }).waitFor()
    await expectEverywhere(page, 'create-signed-out')
    await page.context().close()
  })

  /** Expects words in place of a screen whose script is lost, and the screen as soon as it is there again. */
  async function loseScript(page: Page, name: string): Promise<void> {
    const before = keys.problems.length
    await page.route(`**/assets/${name}-*.js`, (route) => route.abort())
    await page.goto(`${keys.origin}/keys/sessions`)
    await page.getByRole('heading', { name: 'The page has a fault' }).waitFor()
    await shoot(page, 'failure-crashed')
    await expectAccessible(page)
    // The browser reports the fault.
    const reported = (keys.problems as string[]).splice(before)
    expect(reported.join()).toContain('dynamically imported module')
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Load again' }).click()
    await page.getByText('This browser').waitFor()
  }

  /** Watches which tabs of a browser have a stream of changes now. */
  function watchStreams(context: BrowserContext) {
    const open = new Set<Request>()
    context.on('request', (request) => {
      if (request.postData()?.includes('subscription KeyChanged')) open.add(request)
    })
    context.on('requestfinished', (request) => open.delete(request))
    context.on('requestfailed', (request) => open.delete(request))
    const tabs = () => [...open].map((request) => request.frame().page())
    return { tabs: () => tabs().filter((tab) => !tab.isClosed()) }
  }

  /** Lets the endpoint of the page fail. */
  async function answerWith(page: Page, status: number, code: string): Promise<void> {
    await page.unroute('**/keys/graphql')
    await page.route('**/keys/graphql', (route) =>
      route.fulfill({
        status,
        headers: { 'content-type': 'application/json', 'retry-after': '17' },
        body: JSON.stringify({ errors: [{ message: 'No.', extensions: { code } }] }),
      }),
    )
  }
})

/** Signs in without the tab's own form, which ends the session of the other tabs. */
async function signInAgain(tab: Page, subject: string): Promise<void> {
  await tab.evaluate(async (body) => {
    const headers = { 'content-type': 'application/json' }
    await fetch('sign-in', { method: 'POST', headers, body })
  }, JSON.stringify({ subject }))
}
