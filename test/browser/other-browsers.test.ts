import type { Page } from 'playwright-core'
import { describe, expect, it, vi } from 'vitest'
import { freePort, hasProgram } from '../support/programs.ts'
import { watchPages } from '../support/watched-pages.ts'
import { startFirefox, startWebDriver, startWebKit, type WebDriver } from '../support/webdriver.ts'
import { startedForAll, startKeysPage, startOwnServer } from './keys-page.ts'
import { sendOperation } from './operations.ts'

vi.setConfig({ testTimeout: 90_000 })

const hasWebKit = hasProgram('WebKitWebDriver', 'webkit2gtk-driver') && hasProgram('Xvfb', 'xvfb')
const hasFirefox = hasProgram('firefox-esr')

describe.skipIf(!hasWebKit && !hasFirefox)('the keys page in other browsers', () => {
  const server = startedForAll(startWatchedServer)

  it.skipIf(!hasWebKit)('creates and revokes a key in WebKit', () => useKey(startWebKit))
  it.skipIf(!hasFirefox)('creates and revokes a key in Firefox', () => useKey(startFirefox))

  async function useKey(engine: typeof startWebKit): Promise<void> {
    const browser = await startWebDriver(engine)
    try {
      await browser.visit(`${server.origin}/keys`)
      await browser.click('//button[contains(., "grace")]')
      await browser.click('//a[. = "New key"]')
      await browser.type('//label[starts-with(., "Name")]/following-sibling::input', 'Night import')
      await browser.click('//label[contains(., "read:users")]')
      await browser.click('//button[. = "Create key"]')
      await browser.click('//button[. = "Reveal"]')
      const secret = await browser.evaluate('document.querySelector(".secret-text").textContent')
      expect(secret).toMatch(/^lk_\w{60,}$/)
      await browser.click('//button[. = "Copy key"]')
      await browser.waitFor('//button[. = "Copied"]')

      await browser.click('//button[. = "Done"]')
      await browser.click('//a[. = "Night import"]')
      await expectFocusToReturn(browser)
      await browser.click('//button[. = "Revoke"]')
      await browser.click('//button[. = "Revoke key"][not(@disabled)]')
      await browser.waitFor('//*[@class = "receipt"]')
      const { errors } = await sendOperation(
        server.origin,
        String(secret),
        '{ viewer { subject } }',
      )
      expect(errors[0].extensions.code).toBe('INVALID_CREDENTIAL')
    } finally {
      await browser.close()
    }
  }
})

/** Starts the built server for development, behind a proxy that reports what browsers complain about. */
async function startWatchedServer() {
  const [port, ownPort] = [await freePort(), await freePort()]
  const origin = `http://127.0.0.1:${port}`
  const server = await startOwnServer({ PORT: String(ownPort), PUBLIC_URL: origin })
  const pages = await watchPages(port, ownPort)
  return {
    origin,
    problems: pages.problems,
    async close() {
      await pages.close()
      await server.close()
    },
  }
}

/** Expects that a question takes the focus, and gives it back when Escape closes it. */
async function expectFocusToReturn(browser: WebDriver): Promise<void> {
  const focused = () => browser.evaluate('document.activeElement.textContent')
  await browser.click('//button[. = "Revoke"]')
  await expect.poll(focused).toBe('Cancel')
  await browser.type('//button[. = "Cancel"]', '\uE00C')
  await expect.poll(focused).toBe('Revoke')
}

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
