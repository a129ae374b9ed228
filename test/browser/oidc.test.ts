import { describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import { expectEverywhere, startedForAll } from './keys-page.ts'
import { createKey, signIn, startProductionPage } from './production-page.ts'

vi.setConfig({ testTimeout: 240_000 })

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

  it('leads from a denied call to the click that permits it', async () => {
    const { provider, home, send } = keys
    const read = '{ users { totalCount } }'
    const denial = async (credential: string, query: string) => {
      const { code, help } = (await send(credential, query)).errors[0].extensions
      expect(code).toBe('FORBIDDEN')
      return help
    }
    const jwt = await provider.sign('grace', 'read:keys write:keys')
    const { id, secret } = await createKey(keys, jwt, 'Night import')
    const ofKey = await denial(secret, read)
    expect(ofKey).toBe(`${home}/${id}?add=read:users`)

    const page = await keys.open({})
    await page.goto(ofKey)
    await signIn(page, 'grace')
    expect(page.url()).toBe(ofKey)
    const asked = page.getByRole('region', { name: 'A link asks you to add scopes' })
    await asked.getByText('read:users', { exact: true }).waitFor()
    // The use of a key is written within ten seconds.
    await vi.waitFor(
      async () => {
        await page.reload()
        await asked
          .getByText(/^The key was last used .+ from 127\.0\.0\.1/)
          .waitFor({ timeout: 3000 })
      },
      { timeout: 40_000 },
    )
    await expectEverywhere(page, 'help-key')
    expect(await denial(secret, read)).toBe(ofKey)
    await asked.getByRole('button', { name: 'Add 1 scope' }).click()
    await asked.waitFor({ state: 'detached' })
    await expect.poll(async () => (await send(secret, read)).data?.users.totalCount).toBeTruthy()

    // A JWT cannot be widened, so its caller is led to a new key.
    const ofJwt = await denial(jwt, read)
    expect(ofJwt).toBe(`${home}/new?scopes=read:users`)
    await page.goto(ofJwt)
    await page.getByRole('checkbox', { name: 'read:users', checked: true }).waitFor()
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(1)
    await page.getByLabel('Name').fill('Directory')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('button', { name: 'Copy key' }).click()
    const own = await page.evaluate(() => navigator.clipboard.readText())
    expect((await send(own, read)).data.users.totalCount).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Done' }).click()

    const notHeld = await denial(jwt, '{ auditEvents { totalCount } }')
    expect(notHeld).toBe(`${home}/new?scopes=read:audit`)
    await page.goto(notHeld)
    await page.getByText('Somebody with write:grants can grant it to you.').waitFor()
    expect(await page.getByRole('checkbox', { checked: true }).count()).toBe(0)
    await expectEverywhere(page, 'help-not-held')
    await page.context().close()
  })
})

describe.skipIf(!hasProgram('chromium'))('the keys page without the settings of a sign-in', () => {
  const unset = ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_SCOPES', 'OIDC_RESOURCE']
  const settings = Object.fromEntries(unset.map((name) => [name, undefined]))
  const keys = startedForAll(() => startProductionPage({ ...settings, SESSION_KEYS: undefined }))

  it('names the variables to set', async () => {
    const page = await keys.open({})
    await page.getByRole('heading', { name: 'Sign-in is not set up yet' }).waitFor()
    await page.getByText('OIDC_CLIENT_ID', { exact: true }).waitFor()
    await expectEverywhere(page, 'missing')
    await page.context().close()
    const german = await keys.open({ locale: 'de' })
    await german.getByText('Die Anmeldung ist noch nicht eingerichtet').waitFor()
    await expectEverywhere(german, 'german-missing')
    await german.context().close()
  })
})
