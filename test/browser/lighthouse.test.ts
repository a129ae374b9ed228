import { execFile } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort, hasProgram } from '../support/programs.ts'
import { temporaryFolder } from '../support/server-process.ts'
import { createKey, signIn, startProductionServer } from './production-page.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 240_000 })

const run = promisify(execFile)
const script = fileURLToPath(new URL('../lighthouse/audit.js', import.meta.url))
const isInstalled = existsSync(new URL('../lighthouse/node_modules/lighthouse', import.meta.url))

interface Audited {
  readonly url: string
  readonly scores: Readonly<Record<string, number>>
  /** The audits that cost points, with the places in the page. */
  readonly failed: readonly string[]
  /** Milliseconds. */
  readonly lcp: number
  readonly shift: number
  /** Milliseconds. */
  readonly blocking: number
  /** The speed of this machine, by Lighthouse: a desktop computer has 1500 to 2000. */
  readonly benchmarkIndex: number
  readonly scriptBytes: number
}

if (!isInstalled && process.env.CI === 'true') {
  it('Lighthouse is installed', () => expect.fail('npm ci --prefix test/lighthouse'))
} else if (!isInstalled) {
  console.warn('Skipped: Lighthouse is not installed (npm ci --prefix test/lighthouse).')
}

describe.skipIf(!hasProgram('chromium') || !isInstalled)('a page that loads', () => {
  let server: Awaited<ReturnType<typeof startProductionServer>>
  let browser: Awaited<ReturnType<typeof startSharedBrowser>>
  let screens: readonly string[]
  beforeAll(async () => {
    server = await startProductionServer({ GRAPHIQL: 'true' })
    browser = await startSharedBrowser()
    const page = await browser.context.newPage()
    await page.goto(server.home)
    await signIn(page, 'ada')
    // An open page takes part in what is measured of another.
    await page.close()
    const jwt = await server.provider.sign('ada', 'read:users read:keys write:keys')
    const { id } = await createKey(server, jwt, 'Night import')
    const paths = ['', '/new', `/${id}`, '/admin']
    screens = paths.map((path) => server.home + path)
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })

  it('shows the frame of the screen until its scripts are there, and says so if they are not', async () => {
    const page = await browser.context.newPage()
    let answer = (_: 'continue' | 'abort') => {}
    const decision = new Promise<'continue' | 'abort'>((resolve) => {
      answer = resolve
    })
    await page.route(/\/assets\/start-/, async (route) => await route[await decision]())
    await page.goto(`${server.home}/new`, { waitUntil: 'commit' })
    await page.locator('.frame h1', { hasText: 'New API key' }).waitFor()
    expect(await page.locator('.frame').evaluate(({ inert }: HTMLElement) => inert)).toBe(true)
    answer('abort')
    await page.getByRole('heading', { name: 'The page has a fault' }).waitFor()
    expect(await page.locator('.frame').count()).toBe(0)
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Load again' }).click()
    await page.getByLabel('Name').waitFor()
    await page.close()
  })

  it('shows no frame to people who are not signed in', async () => {
    const page = await browser.context.newPage()
    await page.route(/\/assets\/start-/, () => {})
    // Another name for the same server, at which nobody is signed in.
    await page.goto(server.home.replace('localhost', '127.0.0.1'), { waitUntil: 'commit' })
    await page.locator('.frame').waitFor({ state: 'hidden' })
    await page.close()
  })

  async function audit(urls: readonly string[], settings: object): Promise<readonly Audited[]> {
    const words = JSON.stringify({ port: browser.port, urls, settings })
    return JSON.parse((await run(process.execPath, [script, words])).stdout)
  }

  it('gives at least 95 points for accessibility and best practices', async () => {
    const settings = {
      onlyCategories: ['accessibility', 'best-practices'],
      throttlingMethod: 'provided',
      // No time is measured, so no time is waited for.
      ...{ pauseAfterFcpMs: 0, pauseAfterLoadMs: 0, cpuQuietThresholdMs: 0 },
      networkQuietThresholdMs: 500,
      disableFullPageScreenshot: true,
    }
    // Another name for the same server, at which nobody is signed in.
    const signedOut = server.home.replace('localhost', '127.0.0.1')
    const further = ['/sessions', '/admin/health', '/admin/audit'].map((path) => server.home + path)
    const urls = [signedOut, ...screens, ...further, `${server.origin}/graphql`]
    const audited = [
      ...(await audit(urls.slice(0, -1), settings)),
      // The editor of GraphiQL inserts the pasted text itself, which Lighthouse takes for a refusal.
      ...(await audit(urls.slice(-1), { ...settings, skipAudits: ['paste-preventing-inputs'] })),
    ]
    // None of them led elsewhere, such as to a sign-in.
    expect(audited.map(({ url }) => url.replace(/\/$/, ''))).toEqual(urls)
    for (const { url, scores, failed } of audited) {
      expect
        .soft({ url, failed, lowest: Math.min(...Object.values(scores)) })
        .toSatisfy(({ lowest }) => lowest >= 95)
    }
  })

  it.runIf(process.env.MEASURE === 'true').each([
    ['mobile', {}],
    [
      'desktop, 40 ms, 10 Mbit/s, CPU 4×',
      {
        formFactor: 'desktop',
        screenEmulation: { disabled: true },
        throttlingMethod: 'devtools',
        throttling: {
          requestLatencyMs: 40,
          downloadThroughputKbps: 10_000,
          uploadThroughputKbps: 10_000,
          cpuSlowdownMultiplier: 4,
        },
      },
    ],
  ])('measures the performance (%s)', async (profile, settings) => {
    const rounds: (readonly Audited[])[] = []
    while (rounds.length < 3) {
      rounds.push(await audit(screens, { onlyCategories: ['performance'], ...settings }))
    }
    const index = medianOf(rounds.flat().map(({ benchmarkIndex }) => benchmarkIndex))
    const machine = `load ${loadavg()[0]?.toFixed(1)}, benchmark index ${Math.round(index)}`
    console.log(`${profile}, medians of ${rounds.length}, ${machine}`)
    console.table(
      screens.map((url, place) => {
        const median = (value: (found: Audited) => number) =>
          medianOf(rounds.flatMap((round) => (round[place] ? [value(round[place])] : [])))
        return {
          path: new URL(url).pathname,
          performance: median(({ scores }) => scores.performance ?? 0),
          'LCP ms': Math.round(median(({ lcp }) => lcp)),
          'blocking ms': Math.round(median(({ blocking }) => blocking)),
          CLS: median(({ shift }) => shift),
          'script bytes': median(({ scriptBytes }) => scriptBytes),
        }
      }),
    )
  })
})

/** Starts a browser that Lighthouse shares, with its cookies. */
async function startSharedBrowser() {
  const port = await freePort()
  const profile = temporaryFolder()
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      `--remote-debugging-port=${port}`,
    ],
  })
  return {
    port,
    context,
    async close() {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
