import type { FieldRules, PayloadRule } from '../decision/field-rules.ts'
import type { Principal } from '../principal.ts'

/*
 * No payload of a mutation tells what a query would refuse the same caller. Asking for more is refused
 * with the whole operation, before anything is changed.
 */

type Extensions = { readonly latchkey: FieldRules }
type Input = Readonly<Record<string, unknown>>

const extensions = (...payload: readonly PayloadRule[]): Extensions => ({ latchkey: { payload } })

/** @param idName the member of `input` that names the user; `null`: it is a new one */
export function tellsOfUser(idName: 'id' | 'userId' | null): Extensions {
  return extensions({
    paths: [['user']],
    covers: allBut(['id', 'status']),
    requiresScopes: [['read:users']],
    ...(idName !== null && {
      // Anyone may read its own user: `Query.me`.
      isExempt: (args, { userId }) => isId(inputOf(args)[idName], userId),
    }),
  })
}

/** The fields of a changed key that say what became of it: no scope beside the mutation's is needed. */
export const outcomeOfKey: ReadonlySet<string> = new Set([
  'id',
  'start',
  'scopes',
  'status',
  'revokedAt',
  'revokedReason',
])

/** What a key can read of itself by `Query.viewer`. */
const knownToTheKey = ['name', 'expiresAt', 'effectiveScopes']

/** Of the caller's own key, since `Query.me` tells it; of another user's the resolver refuses it. */
const openOfKey = [...outcomeOfKey, 'owner']

/** The members of `UpdateApiKeyInput` that the payload answers with as they were given. */
const givenFields = ['name', 'description', 'metadata']

/** The caller gave all that there is of the key, which is a child of the caller's credential. */
export const tellsOfNewKey = extensions({
  paths: [['apiKey', 'parent']],
  covers: allBut([...openOfKey, ...knownToTheKey]),
  requiresScopes: [['read:keys']],
})

/** The caller gets the key's secret, and could read with it what the key can read of itself. */
export const tellsOfRotatedKey = extensions({
  paths: [['apiKey']],
  covers: allBut([...openOfKey, ...knownToTheKey, 'rotatedAt', 'previousSecret']),
  requiresScopes: [['read:keys']],
})

export const tellsOfExpiredSecret = extensions(
  ...rulesOfKey([['apiKey']], ['rotatedAt', 'previousSecret']),
)

export const tellsOfRevokedKeys = extensions(...rulesOfKey([['apiKey'], ['revokedDescendants']]))

/** What the caller sets it may be told. */
export const tellsOfUpdatedKey = extensions(
  ...rulesOfKey([['apiKey']], givenFields),
  ...givenFields.map((field) => ({
    paths: [['apiKey']],
    covers: (name: string) => name === field,
    requiresScopes: [['read:keys']],
    isExempt: (args: Input, caller: Principal) =>
      inputOf(args)[field] != null || (knownToTheKey.includes(field) && isItself(args, caller)),
  })),
)

/** The number of another user's keys needs what listing them needs. Without `manage:keys` the resolver refuses. */
export const tellsCountOfKeys = extensions({
  paths: [[]],
  covers: allBut([]),
  requiresScopes: [['read:keys', 'read:users']],
  isExempt: (args, { userId, scopes }) => {
    const { ownerId } = inputOf(args)
    return ownerId == null || isId(ownerId, userId) || !scopes.has('manage:keys')
  },
})

/** @param open fields that need no further scope, beside the outcome */
function rulesOfKey(
  paths: PayloadRule['paths'],
  open: readonly string[] = [],
): readonly PayloadRule[] {
  const own = knownToTheKey.filter((name) => !open.includes(name))
  const requiresScopes = [['read:keys']]
  return [
    { paths, covers: allBut([...openOfKey, ...knownToTheKey, ...open]), requiresScopes },
    // Of the keys that are answered with, the one that the caller named may be its credential.
    {
      paths: paths.slice(0, 1),
      covers: (name) => own.includes(name),
      requiresScopes,
      isExempt: isItself,
    },
    { paths: paths.slice(1), covers: (name) => own.includes(name), requiresScopes },
  ]
}

/** Whether the key that a caller changes is its own credential. */
function isItself(args: Input, { credential }: Principal): boolean {
  return credential.kind === 'API_KEY' && inputOf(args).id === credential.id
}

function allBut(names: readonly string[]): PayloadRule['covers'] {
  const open = new Set(names)
  return (name) => !open.has(name)
}

/** User ids are UUIDs, which have no case. */
function isId(given: unknown, id: string): boolean {
  return typeof given === 'string' && given.toLowerCase() === id
}

function inputOf(args: Input): Input {
  return (args.input ?? {}) as Input
}
