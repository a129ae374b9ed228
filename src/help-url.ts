import type { Principal } from './principal.ts'
import { administrativeScopes } from './scopes.ts'

/**
 * Returns the URL of a page on which the caller can get the scopes that it lacks; `null`: there is no such
 * page.
 */
export type HelpUrl = (principal: Principal, missingScopes: readonly string[]) => string | null

/**
 * Returns a function that leads to a form of the keys page which is filled in with the missing scopes: of the
 * API key that was used, or of a new key. Administrative scopes cannot be added to a key, so they lead to a new
 * one.
 *
 * @param pageUrl the URL of the keys page, such as `https://api.example.com/keys`
 */
export function createHelpUrl(pageUrl: string): HelpUrl {
  const page = pageUrl.replace(/\/+$/, '')
  return ({ credential }, missingScopes) => {
    const scopes = encodeURIComponent(missingScopes.join(' ')).replaceAll('%3A', ':')
    const isAddable = missingScopes.every((scope) => !administrativeScopes.has(scope))
    return credential.kind === 'API_KEY' && credential.id !== null && isAddable
      ? `${page}/${credential.id}?add=${scopes}`
      : `${page}/new?scopes=${scopes}`
  }
}
