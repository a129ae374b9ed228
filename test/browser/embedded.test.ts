import { describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import { expectEverywhere, startedForAll } from './keys-page.ts'
import { sendOperation } from './operations.ts'
import { startShop } from './shop.ts'

vi.setConfig({ testTimeout: 240_000 })

describe.skipIf(!hasProgram('chromium'))('the keys page in an application', () => {
  const shop = startedForAll(startShop)

  /** Sends an operation to the GraphQL API of the shop. */
  const ask = (key: string, query: string) => sendOperation(shop.url, key, query)

  it('manages the keys of the people who are signed in there', async () => {
    const page = await shop.open({ as: 'sam' })
    await page.getByRole('button', { name: 'Account of sam@shop.example' }).waitFor()
    expect(page.url()).toBe(shop.home)
    expect(await page.title()).toBe('API keys · The shop')
    await page.getByRole('link', { name: 'New key' }).first().click()
    await page.getByRole('tab', { name: 'Start from an operation' }).click()
    await page.getByLabel('GraphQL operations').fill('query Stock { orders { item } }')
    await page.getByRole('button', { name: 'Take exactly this scope' }).click()
    expect(await page.getByRole('checkbox', { name: 'read:orders' }).isChecked()).toBe(true)
    await expectEverywhere(page, 'embedded-create')
    await page.getByLabel('Name').fill('Stock check')
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('button', { name: 'Copy key' }).click()
    const secret = await page.evaluate(() => navigator.clipboard.readText())
    expect(await ask(secret, '{ orders { item } }')).toEqual({ data: { orders: [] } })
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'Stock check' }).waitFor()
    await expectEverywhere(page, 'embedded-list')

    await page.getByRole('link', { name: 'Stock check' }).click()
    await page.getByRole('heading', { name: 'Stock check', level: 1 }).waitFor()
    await page.getByText('by you', { exact: true }).waitFor()
    await expectEverywhere(page, 'embedded-key')
    const at = page.url()
    expect(at).toMatch(new RegExp(`^${shop.home}/\\w{16}$`))
    const { errors } = await ask(secret, 'mutation { placeOrder(item: "Tea") { id } }')
    expect(errors[0].extensions).toMatchObject({
      code: 'FORBIDDEN',
      help: `${at}?add=write:orders`,
    })

    await page.getByRole('button', { name: 'Revoke' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByRole('button', { name: 'Cancel' }).waitFor()
    // The use of the key may be written by now, and is within ten seconds.
    const name = question.getByLabel('Type the name')
    if (await name.isVisible()) await name.fill('Stock check')
    await question.getByRole('button', { name: 'Revoke key' }).click()
    await page.getByText('Revoked', { exact: true }).first().waitFor()
    await expect.poll(async () => (await ask(secret, '{ orders { item } }')).errors?.length).toBe(1)

    await page.getByRole('button', { name: 'Account of sam@shop.example' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(`${shop.url}/sign-in`)
    await page.goto(shop.home)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.context().close()
  })
})
