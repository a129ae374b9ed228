import { randomBytes } from 'node:crypto'
import { webAsset } from '../web/asset.ts'
import type { WebFiles } from '../web/files.ts'
import type { PageConfiguration } from '../web/page-configuration.ts'
import { documentOf } from '../web/page-screens.ts'

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

export interface Shell {
  /**
   * Returns the document of a screen, which is the same for everyone who prefers that language.
   *
   * @param below the path below the page, such as `/new`
   */
  page(below: string, acceptLanguage: string | null): Promise<Response>
  /** Returns a file that the page loads, compressed if the browser accepts Brotli. */
  asset(name: string, acceptEncoding: string | null): Promise<Response>
}

/**
 * Creates the static part of the page.
 *
 * @param base the path of the page as a browser sees it, without a slash at its end
 * @param configuration never a secret
 */
export function createShell(
  files: WebFiles,
  base: string,
  configuration: PageConfiguration,
): Shell {
  const json = JSON.stringify(configuration).replaceAll('<', '\\u003c')
  return {
    async page(below, acceptLanguage) {
      const nonce = randomBytes(16).toString('base64')
      const filled: Readonly<Record<string, string>> = {
        nonce,
        base: escaped(base),
        configuration: json,
        sessions: String(configuration.features.sessions),
        title: escaped(configuration.title),
      }
      const document = `${documentOf(below)}.${languageOf(acceptLanguage)}`
      const template = await files.page(`documents/${document}`)
      const html = template.replace(
        /\{(nonce|base|configuration|sessions|title)\}/g,
        (_, name) => filled[name] ?? '',
      )
      return new Response(html, {
        headers: {
          'content-type': 'text/html; charset=utf-8',
          'cache-control': 'no-store',
          vary: 'Accept-Language',
          'content-security-policy': pagePolicy(nonce),
        },
      })
    },

    asset: (name, acceptEncoding) => webAsset(files, name, acceptEncoding),
  }
}

/** Returns the first language that the page has, as its scripts choose it. Browsers list languages in order. */
function languageOf(acceptLanguage: string | null): string {
  const tags = acceptLanguage?.split(',') ?? []
  return (
    tags
      .map((tag) => /^\s*(en|de)\b/i.exec(tag)?.[1])
      .find(Boolean)
      ?.toLowerCase() ?? 'en'
  )
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
