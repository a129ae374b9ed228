import { describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import { expectEverywhere, startedForAll } from './keys-page.ts'
import { signIn, startProductionPage } from './production-page.ts'

vi.setConfig({ testTimeout: 120_000 })

describe.skipIf(!hasProgram('chromium'))('the keys page with the sign-in of an issuer', () => {
  const keys = startedForAll(startProductionPage)

  it('leads through the sign-in to the page that a link named, and back out', async () => {
    const page = await keys.open({ path: '/new?scopes=read:keys' })
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await expectEverywhere(page, 'oidc-sign-in')
    await signIn(page, 'mary')
    expect(page.url()).toBe(`${keys.home}/new?scopes=read:keys`)
    const [session] = await page.context().cookies(keys.origin)
    expect(session).toMatchObject({
      name: '__Host-latchkey-session',
      httpOnly: true,
      secure: true,
      sameSite: 'Strict',
    })

    await page.getByLabel('Name').fill('Report')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByText('Only this page shows the key').waitFor()
    await page.getByRole('button', { name: 'Copy key' }).click()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'Report' }).waitFor()
    await expectEverywhere(page, 'oidc-list')

    await page.getByRole('button', { name: 'Account of mary' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(`${keys.provider.issuer}/session/end?*`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(page.url()).toBe(keys.home)
    expect(await page.context().cookies(keys.origin)).toEqual([])
    // Nobody is signed in at the issuer either, so it asks again.
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByLabel('User name').waitFor()
    await page.context().close()
  })
})
