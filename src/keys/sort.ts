import type { ApiKey } from './api-key.ts'

export const keySorts = ['NEWEST', 'NAME', 'LAST_USED', 'EXPIRES'] as const

/** The order of a list of keys. Keys with the same value are sorted by id. */
export type KeySort = (typeof keySorts)[number]

/** The value by which a list of keys is sorted; `null`: never used, or without expiry. */
export type KeySortValue = Date | string | null

export function sortValueOf(sort: KeySort, key: ApiKey): KeySortValue {
  switch (sort) {
    case 'NEWEST':
      return key.createdAt
    case 'NAME':
      return key.name
    case 'LAST_USED':
      return key.lastUsedAt
    case 'EXPIRES':
      return key.lineageExpiresAt
  }
}
