import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/**
 * Expects that everything that a pointer activates is at least 24 by 24 CSS pixels large (WCAG 2.5.8). Only links
 * inside a sentence may be smaller, because the line height limits them.
 */
export async function expectTargets(page: Page): Promise<void> {
  const small = await page.evaluate(() => {
    const min = 24
    const targets =
      'a[href], button, input, select, textarea, summary, [role^="menuitem"], [role="tab"]'
    const isInSentence = (element: Element) =>
      getComputedStyle(element).display === 'inline' &&
      [...(element.parentElement?.childNodes ?? [])].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
      )
    return [...document.querySelectorAll<HTMLElement>(targets)].flatMap((element) => {
      const { width, height } = element.getBoundingClientRect()
      // React Aria's buttons for screen readers are out of the order of the keyboard.
      const isForScreenReaders = element.matches('button[tabindex="-1"]') || width <= 1
      const isHidden = !element.checkVisibility() || element.closest('[inert]') !== null
      // A position is rounded to a fraction of a pixel.
      const isLarge = width > min - 0.1 && height > min - 0.1
      if (isLarge || isHidden || isForScreenReaders || isInSentence(element)) return []
      return [`${element.outerHTML.slice(0, 200)} is ${width} by ${height} px`]
    })
  })
  expect(small).toEqual([])
}
