import { reservePort } from '../../src/node/free-port.ts'
import { listen } from '../../src/node/listen.ts'
import { createTestApp, type TestAppOptions } from '../support/app.ts'
import { startProvider } from '../support/oidc.ts'

/** A server on a socket, with a provider at which people sign in to its keys page. */
export async function startPageServer(
  environment: Record<string, string> = {},
  options: TestAppOptions = {},
) {
  const { port, release } = await reservePort('127.0.0.1')
  const url = `http://127.0.0.1:${port}`
  const page = `${url}/keys`
  const provider = await startProvider([`${page}/callback`])
  const app = await createTestApp(
    {
      PUBLIC_URL: url,
      JWT_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: 'page',
      OIDC_CLIENT_SECRET: 'the-secret-of-the-client',
      OIDC_SCOPES: 'openid profile read:users read:keys write:keys',
      OIDC_RESOURCE: 'https://api.example',
      SESSION_KEYS: 'a-session-key-of-at-least-32-bytes',
      ...environment,
    },
    options,
  )
  await release()
  const { fetch: handler, listener, shareUnreadable } = app
  const socket = await listen({ host: '127.0.0.1', port, handler, listener, shareUnreadable })
  return {
    url,
    page,
    provider,
    app,
    async close() {
      socket.destroy()
      await socket.close()
      await app.close()
      await provider.close()
    },
  }
}

export type PageServer = Awaited<ReturnType<typeof startPageServer>>
