import { registerApiKeyMutations } from './api-key-mutations.ts'
import { registerApiKeyQueries } from './api-key-queries.ts'
import { registerApiKeyType } from './api-key-type.ts'
import type { Builder } from './builder.ts'
import type { UserTypes } from './user.ts'

export function registerApiKeys(builder: Builder, users: UserTypes): void {
  const types = registerApiKeyType(builder, users)
  registerApiKeyQueries(builder, types)
  registerApiKeyMutations(builder, types)
}
