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
