/** Reports whether this node runs and accepts traffic. */
export interface Health {
  alive(): Response
  /**
   * Answers 503 only before the first readiness and during shutdown. An outage of the database is reported in
   * the body.
   */
  ready(): Promise<Response>
  /** Makes `ready` answer 503 from now on. */
  shutDown(): void
}

export interface HealthParts {
  /** Returns whether the database answers now. */
  readonly isDatabaseUp: () => Promise<boolean>
  /** Returns the state of the proofs that changes reach this node; `null` while the cache is not in use. */
  readonly freshness: () => { readonly cause: string | null } | null
  /** Whether this node signs identity tokens. */
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
