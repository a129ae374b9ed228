import type { Page } from 'playwright-core'
import { describe, expect, it, vi } from 'vitest'
import { hasProgram } from '../support/programs.ts'
import { startedForAll, startKeysPage } from './keys-page.ts'

vi.setConfig({ testTimeout: 90_000 })

describe.skipIf(!hasProgram('chromium'))('the keys page in Safari on macOS and iOS', () => {
  const keys = startedForAll(startKeysPage)

  it('gives the focus back to a button that a click does not focus', async () => {
    const page = await keys.open({ as: 'ada' })
    await page.getByRole('link', { name: 'Shown when the server started' }).click()
    await withoutFocusByClick(page)
    for (const [button, role] of [
      ['Revoke', 'alertdialog'],
      ['Add scopes', 'dialog'],
    ] as const) {
      await page.getByRole('button', { name: button, exact: true }).click()
      await page.getByRole(role).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole(role).waitFor({ state: 'detached' })
      await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe(button)
    }
    await page.context().close()
  })

  it('leaves the focus in a field when Enter submits its form', async () => {
    const page = await keys.open({})
    const field = page.getByRole('textbox')
    await field.fill(' ')
    await field.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT')
    await page.context().close()
  })

  it('has fields whose text is large enough not to be enlarged on a touch screen', async () => {
    const page = await keys.open({ as: 'ada', path: '/new' })
    const sizes = async () => {
      const fields = page.locator('input:not([type=checkbox], [type=radio]), textarea, select')
      await fields.first().waitFor()
      const texts = await fields.evaluateAll((all) =>
        all.map((one) => getComputedStyle(one).fontSize),
      )
      return new Set(texts)
    }
    expect(await sizes()).toEqual(new Set(['14px']))
    const devTools = await page.context().newCDPSession(page)
    await devTools.send('Emulation.setTouchEmulationEnabled', { enabled: true })
    await expect.poll(sizes).toEqual(new Set(['16px']))
    await page.context().close()
  })
})

/** As in Safari and in Firefox on macOS. */
async function withoutFocusByClick(page: Page): Promise<void> {
  await page.evaluate(() => {
    addEventListener(
      'mousedown',
      (event) => {
        const isButton = event.target instanceof Element && event.target.closest('button') !== null
        if (isButton) event.preventDefault()
      },
      true,
    )
  })
}
