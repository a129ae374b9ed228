import { randomBytes } from 'node:crypto'
import { webAsset } from './asset.ts'
import type { WebFiles } from './files.ts'

/** GraphiQL: a page at the GraphQL path for browsers, and its assets below that path. */
export interface Graphiql {
  page(): Promise<Response>
  /** Returns a file that the page loads, compressed if the browser accepts Brotli. */
  asset(name: string, acceptEncoding: string | null): Promise<Response>
}

/** A worker has the policy of its own script, and imports modules that it shares with the page. */
const assetPolicy = "default-src 'none'; script-src 'self'"

export interface GraphiqlOptions {
  /**
   * Whether the page shows GraphiQL only to people who are signed in to the keys page. The page itself is the same
   * for everyone and holds nothing secret: its script asks for the session, since a GET request reads no cookie.
   */
  readonly needsSession: boolean
  /** The path of the GraphQL endpoint as a browser sees it, which a URL has percent-encoded. */
  readonly endpoint: string
}

export function createGraphiql(
  files: WebFiles,
  { needsSession, endpoint }: GraphiqlOptions,
): Graphiql {
  const access = needsSession ? 'session' : 'everyone'
  return {
    async page() {
      const nonce = randomBytes(16).toString('base64')
      const filled: Readonly<Record<string, string>> = { nonce, access, endpoint }
      const template = await files.page()
      const html = template.replace(/\{(nonce|access|endpoint)\}/g, (_, name) => filled[name] ?? '')
      return new Response(html, {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          vary: 'Accept',
          'content-security-policy': pagePolicy(nonce),
        },
      })
    },

    async asset(name, acceptEncoding) {
      const response = await webAsset(files, name, acceptEncoding)
      if (response.ok) response.headers.set('content-security-policy', assetPolicy)
      return response
    },
  }
}

/**
 * The policy of the page. The editor places each line by a `style` attribute, and embeds an icon font and
 * small images in its style sheet.
 *
 * @param nonce that of the style elements, which the editor creates
 */
function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    'font-src data:',
    'img-src data:',
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
