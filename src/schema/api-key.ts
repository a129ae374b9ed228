import { registerApiKeyMutations } from './api-key-mutations.ts'
import { registerApiKeyQueries } from './api-key-queries.ts'
import { registerApiKeyType } from './api-key-type.ts'
import type { Builder } from './builder.ts'
import type { PageInfoRef } from './connection-types.ts'
import { registerKeyChanged } from './key-changed.ts'
import type { OwnerType } from './owner-type.ts'

export function registerApiKeys(
  builder: Builder,
  PageInfoRef: PageInfoRef,
  owner: OwnerType | null,
) {
  const types = registerApiKeyType(builder, owner)
  const ApiKeyConnection = registerApiKeyQueries(builder, types, PageInfoRef)
  const inputs = registerApiKeyMutations(builder, types)
  registerKeyChanged(builder, types)
  return { ...types, ApiKeyConnection, inputs }
}
