import { graphiqlPlace } from '../web/page-configuration.ts'

const maxLength = 2_048

/** Paths of the page that nobody returns to after a sign-in. */
const passing = ['/sign-in', '/sign-out', '/callback', '/assets', '/graphql']

/**
 * Returns the path at which a person arrives after the sign-in: below the page and with its query, or that of
 * GraphiQL. Any other place, such as another site, becomes the page itself.
 *
 * @param base the path of the page as a browser sees it, without a slash at its end
 * @param graphiql the path of GraphiQL; `null`: there is none
 * @param asked the path below the page, such as `/new?scopes=read:keys`, or {@link graphiqlPlace}; `null`: none
 */
export function returnPath(base: string, graphiql: string | null, asked: string | null): string {
  if (asked === graphiqlPlace) return graphiql ?? base
  if (asked === null || asked.length > maxLength || !asked.startsWith('/')) return base
  const origin = 'https://page.invalid'
  const url = `${origin}${base}${asked}`
  if (!URL.canParse(url)) return base
  const { origin: found, pathname, search } = new URL(url)
  if (found !== origin || !pathname.startsWith(`${base}/`)) return base
  const below = pathname.slice(base.length)
  return passing.some((path) => below === path || below.startsWith(`${path}/`))
    ? base
    : pathname + search
}
