import type { FieldCost } from '../limits/field-costs.ts'

/** Costs of fields that take longer than one field, or answer with lists whose length no argument tells. */
export const costs = {
  /** Up to 4 KB of JSON. */
  json: { cost: { weight: 20 } },
  /** A document is parsed and validated. */
  requiredScopes: { cost: { weight: 1_000 } },
  /** Of one key: it seldom holds more. */
  usedScopes: { cost: { listSize: 10 } },
  /** As many keys as a user may have by default. */
  descendants: { cost: { listSize: 100 } },
} as const satisfies Record<string, { readonly cost: FieldCost }>
