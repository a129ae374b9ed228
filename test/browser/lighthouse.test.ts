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
  readonly scriptBytes: number
}

if (!isInstalled && process.env.CI === 'true') {
  it('Lighthouse is installed', () => expect.fail('npm ci --prefix test/lighthouse'))
} else if (!isInstalled) {
  console.warn('Skipped: Lighthouse is not installed (npm ci --prefix test/lighthouse).')
}

describe.skipIf(!hasProgram('chromium') || !isInstalled)('Lighthouse', () => {
  let server: Awaited<ReturnType<typeof startProductionServer>>
  let browser: Awaited<ReturnType<typeof startSharedBrowser>>
  let screens: readonly string[]
  beforeAll(async () => {
    server = await startProductionServer()
    browser = await startSharedBrowser()
    const page = await browser.context.newPage()
    await page.goto(server.home)
    await signIn(page, 'ada')
    const jwt = await server.provider.sign('ada', 'read:users read:keys write:keys')
    const { id } = await createKey(server, jwt, 'Night import')
    const paths = ['', '/new', `/${id}`, '/admin']
    screens = paths.map((path) => server.home + path)
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
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
    for (const { url, scores, failed } of await audit([signedOut, ...screens], settings)) {
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
    const found = await audit(screens, { onlyCategories: ['performance'], ...settings })
    console.log(`${profile}, load ${loadavg()[0]?.toFixed(1)}`)
    console.table(
      found.map(({ url, scores, lcp, shift, blocking, scriptBytes }) => ({
        path: new URL(url).pathname,
        performance: scores.performance,
        'LCP ms': Math.round(lcp),
        'blocking ms': Math.round(blocking),
        CLS: shift,
        'script bytes': scriptBytes,
      })),
    )
  })
})

/** Starts a browser that Lighthouse shares, with its cookies. */
async function startSharedBrowser() {
  const port = await freePort()
  const profile = temporaryFolder()
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', `--remote-debugging-port=${port}`],
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
