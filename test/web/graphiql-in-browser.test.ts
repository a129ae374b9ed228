import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { type Page, startBrowser } from '../support/browser.ts'
import { listenWith } from '../support/listening.ts'
import { hasProgram } from '../support/programs.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const execute = `document.querySelector('.graphiql-execute-button[aria-label^=Execute]')?.click()`
const answer = `document.querySelector('.graphiql-response')?.innerText.replace(/\\s+/g, ' ') ?? ''`

describe.skipIf(!hasProgram('chromium'))('GraphiQL in Chromium', () => {
  let app: TestApp
  let server: Awaited<ReturnType<typeof listenWith>>
  let browser: Awaited<ReturnType<typeof startBrowser>>
  beforeAll(async () => {
    app = await createTestApp({ JWT_ISSUER: '', JWT_AUDIENCE: '' })
    server = await listenWith(app)
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
    await app.close()
  })

  async function open(query: string): Promise<Page> {
    const page = await browser.open(
      `http://127.0.0.1:${server.port}/graphql?query=${encodeURIComponent(query)}`,
    )
    await untilIn(page, `document.querySelectorAll('.graphiql-editor .view-line').length > 0`)
    return page
  }

  /** Waits until an expression is true in the page. */
  const untilIn = (page: Page, expression: string) =>
    vi.waitFor(async () => expect(await page.evaluate(expression)).toBe(true), {
      timeout: 60_000,
      interval: 1000,
    })

  /** Executes the operation, more than once where a busy machine cannot answer in time. */
  const run = (page: Page, expected: string) =>
    vi.waitFor(
      async () => {
        const before = await page.evaluate<string>(answer)
        if (!before.includes(expected)) await page.evaluate(execute)
        expect(before).toContain(expected)
      },
      { timeout: 60_000, interval: 1000 },
    )

  it('runs an operation from our own files alone, and violates no policy', async () => {
    const page = await open('{ __typename }')
    await run(page, '"__typename": "Query"')
    for (const worker of ['editor', 'graphql', 'json']) {
      await vi.waitFor(() => expect(page.requested.join()).toContain(`/${worker}.worker-`), 30_000)
    }
    // The icon font is embedded in the style sheet.
    const requested = page.requested.filter((url) => !url.startsWith('data:'))
    const origins = new Set(requested.map((url) => new URL(url).origin))
    expect([...origins]).toEqual([`http://127.0.0.1:${server.port}`])
    expect(page.problems).toEqual([])
  })

  it('sends the headers that are entered, and stores them nowhere', async () => {
    const secret = app.development?.apiKey ?? ''
    const page = await open('{ viewer { subject } }')
    await run(page, '"viewer": null')
    await page.evaluate(
      `document.querySelector('section[aria-label=Headers] .graphiql-editor:not(.hidden) textarea').focus()`,
    )
    await page.type(`{ "Authorization": "Bearer ${secret}" }`)
    await run(page, '"subject": "ada"')
    expect(await page.evaluate(`JSON.stringify({ ...localStorage })`)).not.toContain(secret)
  })

  it('asks people to sign in outside development, and shows nothing else', async () => {
    const other = await createTestApp({ GRAPHIQL: 'true' })
    const listening = await listenWith(other)
    try {
      const page = await browser.open(`http://127.0.0.1:${listening.port}/graphql`)
      const text = `document.body.innerText.includes('GraphiQL is for people who are signed in.')`
      await untilIn(page, text)
      expect(await page.evaluate(`document.querySelector('.bar-person a').href`)).toBe(
        `http://127.0.0.1:${listening.port}/keys/sign-in?return_to=graphiql`,
      )
      expect(await page.evaluate(`document.querySelector('.graphiql-container')`)).toBeNull()
      expect(page.problems).toEqual([])
    } finally {
      await listening.close()
      await other.close()
    }
  })

  it('executes no script that is not from a file of ours', async () => {
    const page = await open('{ __typename }')
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { text: 'injected = 1' }))`,
    )
    expect(await page.evaluate('typeof injected')).toBe('undefined')
    await expect(page.evaluate(`eval('1')`)).rejects.toThrow(/unsafe-eval/)
    await vi.waitFor(() => expect(page.problems.join()).toContain("script-src 'self'"))
  })
})
