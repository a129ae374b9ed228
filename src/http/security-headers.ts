/** On every answer that is no page: nothing here may be run, shown inside another page or guessed at. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** Sets what `response` does not say itself. */
export function addSecurityHeaders({ headers }: Response): void {
  for (const name in securityHeaders) {
    if (!headers.has(name)) headers.set(name, securityHeaders[name] ?? '')
  }
}

/** GraphiQL as Yoga serves it comes from unpkg.com, and starts by scripts within the page. */
export const graphiqlPolicy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' https://unpkg.com",
  "style-src 'unsafe-inline' https://unpkg.com",
  'font-src data: https://unpkg.com',
  'img-src data: https://raw.githubusercontent.com',
  "connect-src 'self' https://unpkg.com",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')
