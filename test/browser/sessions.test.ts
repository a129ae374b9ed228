import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import {
  expectAccessible,
  expectEverywhere,
  type KeysPage,
  shoot,
  startKeysPage,
} from './keys-page.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describe.skipIf(!hasProgram('chromium'))('the page of the sessions', () => {
  let keys: KeysPage
  beforeAll(async () => {
    keys = await startKeysPage()
  })
  afterAll(async () => {
    await keys.close()
    expect(keys.problems).toEqual([])
  })

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
})
