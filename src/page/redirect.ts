/** Answers with a redirect that no cache keeps. */
export function redirect(location: string, cookies: readonly string[] = []): Response {
  const headers = { location, 'cache-control': 'no-store' }
  return withCookies(new Response(null, { status: 303, headers }), cookies)
}

/** Adds values of `Set-Cookie` to a response. */
export function withCookies(response: Response, cookies: readonly string[]): Response {
  for (const one of cookies) response.headers.append('set-cookie', one)
  return response
}
