/** The settings that the server writes into the page. */
function read(name: 'access' | 'endpoint'): string {
  const element = document.querySelector<HTMLMetaElement>(`meta[name=${name}]`)
  if (element === null) throw new Error('The page is incomplete.')
  return element.content
}

/** Whether GraphiQL is for people who are signed in. */
export const needsSession = read('access') === 'session'

/** The URL of the GraphQL endpoint. */
export const endpoint = new URL(read('endpoint'), location.origin).href

/** Returns a URL below the keys page, which is beside the endpoint. */
export function keysPageUrl(path: string): string {
  return new URL(`keys${path}`, endpoint).href
}
