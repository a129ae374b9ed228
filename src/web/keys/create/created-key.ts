import { lazyScreen } from '../shell/screen.tsx'

/** A key whose secret was just made. */
export interface CreatedKey {
  readonly id: string
  readonly start: string
  readonly name: string
  readonly secret: string
  readonly expiresAt: Date | null
  readonly scopes: readonly string[]
}

/** To be loaded before a secret is made: the server does not show it again. */
export const NewSecret = lazyScreen(() => import('./new-secret.tsx'))
