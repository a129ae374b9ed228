import type { FieldRules, PayloadRule } from '../decision/field-rules.ts'

/*
 * No payload of a mutation tells what a query would refuse the same caller. Asking for more is refused
 * with the whole operation, before anything is changed.
 */

type Extensions = { readonly latchkey: FieldRules }

const extensions = (payload: PayloadRule): Extensions => ({ latchkey: { payload } })

/** @param idName the member of `input` that names the user; `null`: it is a new one */
export function tellsOfUser(idName: 'id' | 'userId' | null): Extensions {
  return extensions({
    paths: [['user']],
    open: new Set(['id', 'status']),
    requiresScopes: [['read:users']],
    ...(idName !== null && {
      // Anyone may read its own user: `Query.me`.
      isExempt: (args, { userId }) => inputOf(args)[idName]?.toLowerCase() === userId,
    }),
  })
}

/** The fields of a changed key that a caller without the right to read it may select. */
export const outcomeOfKey: ReadonlySet<string> = new Set([
  'id',
  'start',
  'scopes',
  'status',
  'revokedAt',
  'revokedReason',
])

/** One's own key is told to who changes it. An update that sets nothing is a query, and takes as much. */
export const tellsOfUpdatedKey = extensions({
  paths: [['apiKey']],
  open: outcomeOfKey,
  requiresScopes: [['read:keys']],
  isExempt: (args) =>
    Object.entries(inputOf(args)).some(([name, value]) => name !== 'id' && value !== null),
})

/** Who is given a key's secret knows everything of it, but not of the key that it was made with. */
export const tellsOfOwnKey = extensions({
  paths: [['apiKey', 'parent']],
  open: outcomeOfKey,
  requiresScopes: [['read:keys']],
})

/** The number of another user's keys needs what listing them needs. Without `manage:keys` the resolver refuses. */
export const tellsCountOfKeys = extensions({
  paths: [[]],
  open: new Set(),
  requiresScopes: [['read:users']],
  isExempt: (args, { userId, scopes }) => {
    const { ownerId } = inputOf(args)
    return ownerId == null || ownerId.toLowerCase() === userId || !scopes.has('manage:keys')
  },
})

function inputOf(args: Readonly<Record<string, unknown>>) {
  return (args.input ?? {}) as Readonly<Record<string, string | null | undefined>>
}
