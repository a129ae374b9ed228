import type { FieldCost } from '../limits/field-costs.ts'

/**
 * Costs of fields that take longer than other fields, or return lists whose length does not depend on an
 * argument.
 */
export const costs = {
  /** Up to 4 KB of JSON. */
  json: { cost: { weight: 20 } },
  /** A document is parsed and validated. */
  requiredScopes: { cost: { weight: 1_000 } },
  /** The text of the whole schema. */
  sdl: { cost: { weight: 1_000 } },
  /** One key rarely has more scopes. */
  usedScopes: { cost: { listSize: 10 } },
  /** A query of its own for each key. */
  events: { cost: { weight: 100 } },
  /** The number of kinds of findings. */
  findings: { cost: { listSize: 6 } },
  /** The most that a list returns, and the number of keys that a user may have by default. */
  descendants: { cost: { listSize: 100 } },
} as const satisfies Record<string, { readonly cost: FieldCost }>
