import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
  type Request,
} from 'playwright-core'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { startServerProcess, temporaryFolder } from '../support/server-process.ts'
import { askFor, createKeyAs, type NewKey } from './operations.ts'
import { expectTargets } from './targets.ts'

/** The widths at which each screen must look right, in pixels. */
export const widths = [1440, 768, 390, 320] as const
export const themes = ['light', 'dark'] as const

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface OpenOptions {
  /** The person who signs in first. Default: nobody. */
  readonly as?: string
  /** The path below the page. Default: the list. */
  readonly path?: string
  readonly width?: number
  readonly theme?: 'light' | 'dark'
  readonly locale?: string
}

/**
 * Provides what `start` returns to all tests of a `describe`, and expects at the end that no page had a fault.
 */
export function startedForAll<
  T extends { readonly problems: readonly string[]; close(): Promise<void> },
>(start: () => Promise<T>): T {
  const started = {} as T
  beforeAll(async () => {
    Object.assign(started, await start())
  }, 240_000)
  afterAll(async () => {
    await started.close()
    expect(started.problems).toEqual([])
  }, 60_000)
  return started
}

export interface BrowserOptions {
  /** The URL of the keys page, without a slash at its end. */
  readonly home: string
  /** Another origin that the page sends people to, to sign in. */
  readonly issuer?: string
  readonly signIn: (page: Page, subject: string) => Promise<void>
}

/** Starts a browser for the keys page at `home`. */
export async function startBrowser({ home, issuer, signIn }: BrowserOptions) {
  const origins = [new URL(home).origin, ...(issuer === undefined ? [] : [issuer])]
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  })
  /** What the pages complained about: violated policies, failed scripts, requests to other origins. */
  const problems: string[] = []

  async function open({
    as,
    path = '',
    width = 1440,
    theme = 'light',
    locale = 'en',
  }: OpenOptions) {
    const options: BrowserContextOptions = {
      viewport: { width, height: width < 600 ? 800 : 900 },
      colorScheme: theme,
      locale,
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    }
    const context = await browser.newContext(options)
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    page.on('pageerror', (error) => problems.push(`${error}`))
    page.on('console', (message) => {
      // The browser itself reports each status above 399, which tests cause on purpose.
      const isOwn = !message.text().startsWith('Failed to load resource')
      if (message.type() === 'error' && isOwn) problems.push(message.text())
    })
    page.on('request', (request: Request) => {
      const { origin, protocol } = new URL(request.url())
      if (!origins.includes(origin) && protocol !== 'data:') problems.push(request.url())
    })
    await page.goto(home)
    if (as !== undefined) await signIn(page, as)
    if (as === undefined || path !== '') await page.goto(home + path)
    return page
  }

  return { problems, open, close: () => browser.close() }
}

export type KeysPage = Awaited<ReturnType<typeof startKeysPage>>

/** Starts the built server for development, on a database of its own, and a browser. */
export async function startKeysPage(environment: Record<string, string> = {}) {
  const server = await startOwnServer(environment)
  const { origin } = server
  const browser = await startBrowser({ home: `${origin}/keys`, signIn })

  return {
    ...browser,
    origin,

    /** Sends an operation as a person with these scopes, and returns its data. */
    async ask(subject: string, query: string, variables: object = {}, scopes = everyScope) {
      return await askFor(origin, await token(origin, subject, scopes), query, variables)
    },

    /** Sends an operation with an API key, and returns its data. */
    askWithKey: (key: string, query: string) => askFor(origin, key, query),

    async close() {
      await browser.close()
      await server.close()
    },
  }
}

/** Starts the built server for development, on a database of its own. */
export async function startOwnServer(environment: Record<string, string>) {
  const database = await createTestDatabase()
  const dataDir = temporaryFolder()
  const server = await startServerProcess(dataDir, { DATABASE_URL: database.url, ...environment })
  return {
    origin: new URL(server.url).origin,
    async close() {
      server.child.kill('SIGTERM')
      await server.ended
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

const everyScope =
  'read:users write:users read:keys write:keys manage:keys write:grants read:audit introspect:tokens'

async function token(origin: string, subject: string, scope: string): Promise<string> {
  const response = await fetch(`${origin}/dev/issuer/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ subject, scope }),
  })
  const answer = await response.json()
  return answer.access_token
}

/** Signs in with one click, or with a name that has no button. */
export async function signIn(page: Page, subject: string): Promise<void> {
  await page.getByRole('heading', { name: /Sign in|Anmelden/ }).waitFor()
  const person = page.locator('.person', { hasText: new RegExp(`^.?${subject}`) })
  if ((await person.count()) > 0) await person.click()
  else {
    await page.locator('.sign-in-form input').fill(subject)
    await page.locator('.sign-in-form button').click()
  }
  await page.locator('.account').waitFor()
}

/** Creates a key of a person who holds every scope. */
export async function createKey({ origin }: KeysPage, subject: string, input: NewKey) {
  return await createKeyAs(origin, await token(origin, subject, everyScope), input)
}

/**
 * Opens a question again and again until it asks to type something, because the server writes the use of a key up to
 * ten seconds later.
 */
export async function openUntil(page: Page, button: string, field: string): Promise<void> {
  await vi.waitFor(
    async () => {
      await page.reload()
      await page.getByRole('button', { name: button }).click({ timeout: 3000 })
      await page.getByLabel(field).waitFor({ timeout: 2000 })
    },
    { timeout: 40_000 },
  )
}

/** Saves a picture of what is visible, if `SCREENSHOTS` names a folder. */
export async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

/**
 * Expects that axe finds nothing, that the colours of the other theme have enough contrast too, that targets are
 * large enough, and that nothing is wider than the window.
 */
export async function expectAccessible(page: Page): Promise<void> {
  await expectAccessibleAsShown(page)
  const isDark = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)
  await page.emulateMedia({ colorScheme: isDark ? 'light' : 'dark' })
  // The colours change over the next frames.
  await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished))
  })
  // An inherited colour may reach its element a moment later.
  await expect
    .poll(() => violationsIn(page, { runOnly: ['color-contrast'] }), { timeout: 10_000 })
    .toEqual([])
  await page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' })
  await expectTargets(page)
}

/** Expects that axe finds nothing in the theme that is shown, and that nothing is wider than the window. */
export async function expectAccessibleAsShown(page: Page): Promise<void> {
  await page.evaluate(axe)
  // A button that becomes enabled changes its colours over some frames.
  await expect.poll(() => violationsIn(page, {}), { timeout: 10_000 }).toEqual([])
  await expectFits(page)
}

/** Returns what axe finds wrong with the page. @param options of axe's `run` */
function violationsIn(page: Page, options: object): Promise<readonly string[]> {
  return page.evaluate(async (options) => {
    const { violations } = await Reflect.get(globalThis, 'axe').run(options)
    return violations.map(
      (found: { id: string; nodes: { html: string; failureSummary: string }[] }) =>
        [
          found.id,
          ...found.nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`),
        ].join('\n'),
    )
  }, options)
}

async function expectFits(page: Page): Promise<void> {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow).toBe(0)
}

/**
 * Shows one screen in each width and theme, and expects that it is accessible in all of them.
 *
 * @param name begins the names of the pictures
 * @param shown is scrolled into view. Default: the page is not scrolled.
 */
export async function expectEverywhere(page: Page, name: string, shown?: Locator): Promise<void> {
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    for (const width of widths) {
      // Each layout and each theme is checked once. Pictures show all combinations.
      const isChecked = theme === (width > 900 ? 'light' : 'dark')
      if (!isChecked && process.env.SCREENSHOTS === undefined) continue
      await page.setViewportSize({ width, height: width < 600 ? 800 : 900 })
      await shown?.scrollIntoViewIfNeeded()
      await shoot(page, `${name}-${width}-${theme}`)
      if (isChecked) await (width === 1440 || width === 390 ? expectAccessible : expectFits)(page)
    }
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.setViewportSize({ width: 1440, height: 900 })
}
