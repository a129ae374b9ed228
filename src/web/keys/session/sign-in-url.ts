import { basePath, configuration, urlOf } from '../configuration.ts'

/** Returns the path below the page at which the person is, with its query. */
export function currentPath(): string {
  return location.pathname.slice(basePath.length) + location.search
}

/** Returns the URL at which the person signs in, to come back to the current path. */
export function signInUrl(): string {
  if (configuration.signIn.kind === 'application') return configuration.signIn.url
  const url = new URL(urlOf('sign-in'))
  url.searchParams.set('return_to', currentPath())
  return url.href
}
