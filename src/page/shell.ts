import { randomBytes } from 'node:crypto'
import { problem } from '../http/problem.ts'
import type { WebFiles } from '../web/files.ts'

/** Headers of every answer of the page. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** The policy of answers that are not the page itself. */
export const dataPolicy = "default-src 'none'; frame-ancestors 'none'"

const mediaTypes: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
}

export interface Shell {
  /** Returns the page, which is the same for everyone. */
  page(): Promise<Response>
  /** Returns a file that the page loads, compressed if the browser accepts Brotli. */
  asset(name: string, acceptEncoding: string | null): Promise<Response>
}

/**
 * Creates the static part of the page.
 *
 * @param base the path of the page as a browser sees it, without a slash at its end
 * @param configuration the settings that the scripts of the page need; never a secret
 */
export function createShell(files: WebFiles, base: string, configuration: object): Shell {
  const json = JSON.stringify(configuration).replaceAll('<', '\\u003c')
  return {
    async page() {
      const nonce = randomBytes(16).toString('base64')
      const filled: Readonly<Record<string, string>> = {
        nonce,
        base: escaped(base),
        configuration: json,
      }
      const template = await files.page()
      const html = template.replace(
        /\{(nonce|base|configuration)\}/g,
        (_, name) => filled[name] ?? '',
      )
      return new Response(html, {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          'content-security-policy': pagePolicy(nonce),
        },
      })
    },

    async asset(name, acceptEncoding) {
      const compressed = acceptsBrotli(acceptEncoding) ? await files.asset(`${name}.br`) : null
      const content = compressed ?? (await files.asset(name))
      if (content === null) return problem(404, { detail: 'There is no such file.' })
      const type = mediaTypes[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
      return new Response(content, {
        headers: {
          'content-type': type,
          // The names of the files change with their content.
          'cache-control': 'public, max-age=31536000, immutable',
          vary: 'Accept-Encoding',
          ...(compressed !== null && { 'content-encoding': 'br' }),
        },
      })
    },
  }
}

/** Browsers send no quality with it. */
function acceptsBrotli(acceptEncoding: string | null): boolean {
  return acceptEncoding?.split(',').some((coding) => coding.trim() === 'br') === true
}

/** @param nonce that of the style elements, which react-aria inserts */
function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
