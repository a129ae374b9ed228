import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { vi } from 'vitest'
import { freePort, startProgram } from './programs.ts'
import { temporaryFolder } from './server-process.ts'

/** A command of WebDriver (W3C): its path below the session, its name in Firefox's protocol, its parameters. */
type Call = (path: string, name: string, parameters: object) => Promise<unknown>

interface Engine {
  readonly call: Call
  close(): Promise<void>
}

/** The key under which WebDriver returns the id of an element. */
const elementKey = 'element-6066-11e4-a52e-4f735466cecf'
const timeout = 10_000

export type WebDriver = Awaited<ReturnType<typeof startWebDriver>>

/** Starts a browser with one window. Elements are named by XPath; each action waits until it is possible. */
export async function startWebDriver(start: () => Promise<Engine>) {
  const { call, close } = await start()

  async function find(path: string): Promise<string> {
    const parameters = { using: 'xpath', value: path }
    const found = await call('element', 'WebDriver:FindElement', parameters).catch((cause) => {
      throw new Error(`${path} is not there`, { cause })
    })
    return (found as Record<string, string>)[elementKey] ?? ''
  }
  const untilPossible = <T>(act: () => Promise<T>) => vi.waitFor(act, { timeout, interval: 50 })

  async function run(script: string, ...args: object[]): Promise<unknown> {
    return await call('execute/sync', 'WebDriver:ExecuteScript', { script, args })
  }

  return {
    close,
    visit: (url: string) => call('url', 'WebDriver:Navigate', { url }),
    /** Evaluates an expression in the page. */
    evaluate: (expression: string) => run(`return ${expression}`),
    waitFor: (path: string) => untilPossible(() => find(path)),
    click: (path: string) =>
      untilPossible(async () => {
        const id = await find(path)
        // WebKit's driver does not scroll to what `content-visibility` leaves out.
        await run('arguments[0].scrollIntoView({ block: "center" })', { [elementKey]: id })
        await call(`element/${id}/click`, 'WebDriver:ElementClick', { id })
      }),
    type: (path: string, text: string) =>
      untilPossible(async () => {
        const id = await find(path)
        return await call(`element/${id}/value`, 'WebDriver:ElementSendKeys', { id, text })
      }),
  }
}

/** Starts WebKitGTK's browser, which has the engine of Safari, on a screen that nobody sees. */
export async function startWebKit(): Promise<Engine> {
  const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x900x24'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [display] = await once(screen.stdout, 'data')
  const port = await freePort()
  const home = temporaryFolder()
  const driver = await startProgram('WebKitWebDriver', [`--port=${port}`], port, {
    DISPLAY: `:${String(display).trim()}`,
    HOME: home,
  })

  async function send(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeout),
    })
    const { value } = await response.json()
    if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`)
    return value
  }
  const created = await send('POST', '/session', { capabilities: {} })
  const session = `/session/${(created as { sessionId: string }).sessionId}`

  return {
    call: (path, _, parameters) => send('POST', `${session}/${path}`, parameters),
    async close() {
      await send('DELETE', session)
      await driver.stop()
      const ended = once(screen, 'exit')
      screen.kill('SIGTERM')
      await ended
      rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    },
  }
}

/** Starts Firefox without a window. It speaks WebDriver's commands in a protocol of its own, Marionette. */
export async function startFirefox(): Promise<Engine> {
  const profile = temporaryFolder()
  writeFileSync(join(profile, 'user.js'), 'user_pref("marionette.port", 0);\n')
  const firefox = spawn(
    'firefox-esr',
    ['--headless', '--no-remote', '--marionette', '--profile', profile],
    // A process group of its own, so that all its processes end together and none writes to the profile.
    { stdio: 'ignore', detached: true, env: { PATH: process.env.PATH, HOME: profile } },
  )
  const port = await activePort(profile)
  const socket = connect(port, '127.0.0.1')
  const call = marionetteOver(socket)
  await call('', 'WebDriver:NewSession', {})

  return {
    call,
    async close() {
      const ended = once(firefox, 'exit')
      socket.destroy()
      if (firefox.pid !== undefined) process.kill(-firefox.pid, 'SIGKILL')
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    },
  }
}

/** Returns the port that Firefox has chosen. */
async function activePort(profile: string): Promise<number> {
  const end = Date.now() + 3 * timeout
  for (;;) {
    try {
      const port = Number(readFileSync(join(profile, 'MarionetteActivePort'), 'utf8'))
      if (port > 0) return port
    } catch {
      if (Date.now() > end) throw new Error('Firefox did not start.')
    }
    await delay(50)
  }
}

/** Each message is a JSON text after its length and a colon; an answer is `[1, id, error, result]`. */
function marionetteOver(socket: Socket): Call {
  const waiting = new Map<number, (error: Error | null, result: unknown) => void>()
  let received = Buffer.alloc(0)
  let last = 0
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    for (;;) {
      const colon = received.indexOf(':')
      const end = colon + 1 + Number(received.subarray(0, Math.max(colon, 0)).toString())
      if (colon < 0 || received.length < end) return
      const message = JSON.parse(received.subarray(colon + 1, end).toString())
      received = received.subarray(end)
      if (!Array.isArray(message)) continue
      const [, id, error, result] = message
      waiting.get(id)?.(
        error === null ? null : new Error(`${error.error}: ${error.message}`),
        result,
      )
      waiting.delete(id)
    }
  })
  return (_, name, parameters) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, (error, result) => {
        if (error !== null) reject(error)
        else resolve((result as { value?: unknown } | null)?.value)
      })
      const text = JSON.stringify([0, id, name, parameters])
      socket.write(`${Buffer.byteLength(text)}:${text}`)
    })
}
