/** Whether this node lives and takes traffic. */
export interface Health {
  alive(): Response
  /** 503 only before the first readiness and while shutting down: an outage behind us is in the body. */
  ready(): Promise<Response>
  /** From here on the node asks for no more traffic. */
  shutDown(): void
}

export interface HealthParts {
  /** Whether the database answers now. */
  readonly isDatabaseUp: () => Promise<boolean>
  /** How far it is proven that changes reach this node; `null` while nothing is remembered. */
  readonly freshness: () => { readonly cause: string | null } | null
  /** Whether identity tokens are signed here. */
  readonly identityTokens: boolean
}

export function createHealth({ isDatabaseUp, freshness, identityTokens }: HealthParts): Health {
  let shuttingDown = false
  return {
    alive: () => Response.json({ status: 'alive' }),
    async ready() {
      if (shuttingDown) return Response.json({ status: 'shutting-down' }, { status: 503 })
      const database = (await isDatabaseUp()) ? 'up' : 'down'
      const reason = freshness()?.cause ?? null
      return Response.json({
        status: database === 'up' && reason === null ? 'ready' : 'degraded',
        database,
        ...(reason !== null && { reason }),
        identityTokens: identityTokens ? 'on' : 'off',
      })
    },
    shutDown() {
      shuttingDown = true
    },
  }
}
