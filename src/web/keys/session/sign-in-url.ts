import { basePath, configuration, urlOf } from '../configuration.ts'

/**
 * Returns the path below the page at which the person wants to be, with its query. At the sign-in, that is
 * what a link has asked for; any other site counts as none.
 */
export function wantedPath(): string {
  const path = location.pathname.slice(basePath.length)
  if (path !== '/sign-in') return path + location.search
  const asked = new URLSearchParams(location.search).get('return_to') ?? ''
  return /^\/(?![/\\])[^\\]*$/.test(asked) ? asked : ''
}

/** Returns the URL at which the person signs in, to come back to the wanted path. */
export function signInUrl(): string {
  if (configuration.signIn.kind === 'application') return configuration.signIn.url
  const url = new URL(urlOf('sign-in'))
  url.searchParams.set('return_to', wantedPath())
  return url.href
}
