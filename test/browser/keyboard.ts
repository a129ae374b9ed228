import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** Uses a page as a person without a mouse does. Names are those of labels, or the texts of elements. */
export function keyboardOf(page: Page) {
  const press = (key: 'Tab' | 'Enter' | 'Space' | 'ArrowDown') => page.keyboard.press(key)
  const focused = () =>
    page.evaluate(() => {
      const element = document.activeElement
      const [label] = element instanceof HTMLInputElement ? (element.labels ?? []) : []
      const text = element?.getAttribute('aria-label') ?? (label ?? element)?.textContent
      return text?.trim() ?? ''
    })
  return {
    press,
    /** Presses the tabulator until the element with this name has the focus. */
    async tabTo(name: string) {
      for (let presses = 0; presses < 100; presses++) {
        await press('Tab')
        if ((await focused()) === name) return
      }
      throw new Error(`The keyboard does not reach “${name}”.`)
    },
    expectFocus: (name: string | RegExp) =>
      expect
        .poll(focused, { timeout: 20_000 })
        .toEqual(typeof name === 'string' ? name : expect.stringMatching(name)),
  }
}
