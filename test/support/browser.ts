import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { temporaryFolder } from './server-process.ts'

interface Message {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  // biome-ignore lint/suspicious/noExplicitAny: each method and event of the protocol has its own shape
  readonly params?: any
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly result?: any
  readonly error?: { readonly message: string }
}

export interface Page {
  /** Addresses of all requests of the page and of its workers. */
  readonly requested: readonly string[]
  /** What the browser reported: violations of a policy, exceptions, and failed requests. */
  readonly problems: readonly string[]
  /** Evaluates an expression in the page. */
  evaluate<T>(expression: string): Promise<T>
  /** Enters a text where the focus is, as an input method does. */
  type(text: string): Promise<void>
  saveScreenshot(file: string): Promise<void>
}

/** Starts Chromium without a window. It is controlled over a pipe by the Chrome DevTools Protocol. */
export async function startBrowser() {
  const profile = temporaryFolder()
  const browser = spawn(
    'chromium',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      ...['--no-first-run', '--disable-background-networking', '--remote-debugging-pipe'],
      ...[`--user-data-dir=${profile}`, '--window-size=1200,800', 'about:blank'],
    ],
    // A process group of its own, so that all its processes end together and none writes to the profile.
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true },
  )
  const input = browser.stdio[3] as Writable
  const output = browser.stdio[4] as Readable
  const call = protocolOver(input, output)

  return {
    async open(url: string): Promise<Page> {
      const { targetId } = await call('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true })
      const page = await watchPage(call, sessionId)
      await call('Page.navigate', { url }, sessionId)
      return page
    },
    async close() {
      const ended = once(browser, 'exit')
      for (const pipe of [input, output]) pipe.destroy()
      if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL')
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 })
    },
  }
}

type Call = ReturnType<typeof protocolOver>

/** Returns a function that calls a method. Messages are JSON texts that a NUL ends. */
function protocolOver(input: Writable, output: Readable) {
  const waiting = new Map<number, (message: Message) => void>()
  const listeners: ((message: Message) => void)[] = []
  let last = 0
  let text = ''
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (text + chunk).split('\0')
    text = messages.pop() ?? ''
    for (const message of messages.map((part): Message => JSON.parse(part))) {
      waiting.get(message.id ?? 0)?.(message)
      for (const listener of listeners) listener(message)
    }
  })
  // biome-ignore lint/suspicious/noExplicitAny: see `Message`
  const call = (method: string, params: object = {}, sessionId?: string): Promise<any> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id)
        if (error === undefined) resolve(result)
        else reject(new Error(`${method}: ${error.message}`))
      })
      input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })
  return Object.assign(call, {
    listen: (listener: (message: Message) => void) => listeners.push(listener),
  })
}

async function watchPage(call: Call, sessionId: string): Promise<Page> {
  const sessions = new Set([sessionId])
  const requested: string[] = []
  const problems: string[] = []
  const enable = (session: string, parts: readonly string[]) =>
    Promise.all(parts.map((part) => call(`${part}.enable`, {}, session)))

  call.listen(({ sessionId: sender = '', method, params }) => {
    if (!sessions.has(sender)) return
    if (method === 'Network.requestWillBeSent') requested.push(params.request.url)
    if (method === 'Log.entryAdded') problems.push(`${params.entry.source}: ${params.entry.text}`)
    if (method === 'Runtime.exceptionThrown') {
      const { text, exception } = params.exceptionDetails
      problems.push(`exception: ${exception?.description ?? text}`)
    }
    if (method === 'Target.attachedToTarget') {
      const worker = params.sessionId
      sessions.add(worker)
      enable(worker, ['Network', 'Log', 'Runtime'])
        .catch(() => {})
        .then(() => call('Runtime.runIfWaitingForDebugger', {}, worker))
    }
  })
  await call(
    'Target.setAutoAttach',
    { autoAttach: true, waitForDebuggerOnStart: true, flatten: true },
    sessionId,
  )
  await enable(sessionId, ['Network', 'Log', 'Runtime', 'Page'])

  return {
    requested,
    problems,
    async evaluate(expression) {
      const { result, exceptionDetails } = await call(
        'Runtime.evaluate',
        {
          expression,
          awaitPromise: true,
          returnByValue: true,
          allowUnsafeEvalBlockedByCSP: false,
        },
        sessionId,
      )
      if (exceptionDetails !== undefined) {
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
      }
      return result.value
    },
    async type(text) {
      await call('Input.insertText', { text }, sessionId)
    },
    async saveScreenshot(file) {
      const { data } = await call('Page.captureScreenshot', {}, sessionId)
      writeFileSync(file, Buffer.from(data, 'base64'))
    },
  }
}
