/** Headers of every answer that is not a page: no scripts, no framing, no MIME sniffing. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** Sets the security headers that `response` does not have. */
export function addSecurityHeaders({ headers }: Response): void {
  for (const name in securityHeaders) {
    if (!headers.has(name)) headers.set(name, securityHeaders[name] ?? '')
  }
}

/** The policy for GraphiQL. Yoga's page loads it from unpkg.com and starts it with an inline script. */
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
