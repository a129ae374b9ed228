import { graphiqlPlace } from '../../page-configuration.ts'
import { basePath, configuration, urlOf } from '../configuration.ts'

/** Returns what `return_to` names for the sign-in: the path at which the person wants to be, or GraphiQL. */
function wantedPlace(): string {
  const path = location.pathname.slice(basePath.length)
  if (path !== '/sign-in') return path + location.search
  const asked = new URLSearchParams(location.search).get('return_to') ?? ''
  return asked === graphiqlPlace || /^\/(?![/\\])[^\\]*$/.test(asked) ? asked : ''
}

/** Returns the path at which the person wants to be. Any other site counts as none. */
export function wantedPath(): string {
  const place = wantedPlace()
  return place === graphiqlPlace ? (configuration.graphiql ?? basePath) : basePath + place
}

/** Returns the URL at which the person signs in, to come back to the wanted path. */
export function signInUrl(): string {
  if (configuration.signIn.kind === 'application') return configuration.signIn.url
  const url = new URL(urlOf('sign-in'))
  url.searchParams.set('return_to', wantedPlace())
  return url.href
}
