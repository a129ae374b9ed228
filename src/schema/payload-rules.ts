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
export function userPayloadGuard(idName: 'id' | 'userId' | null): Extensions {
  return extensions({
    paths: [['user']],
    covers: allExcept(['id', 'status']),
    requiresScopes: [['read:users']],
    ...(idName !== null && {
      // Anyone may read its own user: `Query.me`.
      isExempt: (args, { userId }) => isId(inputArgument(args)[idName], userId),
    }),
  })
}

/** The fields of a changed key that say what became of it: no scope beside the mutation's is needed. */
export const outcomeFields: ReadonlySet<string> = new Set([
  'id',
  'start',
  'scopes',
  'status',
  'revokedAt',
  'revokedReason',
])

/** What a key can read of itself by `Query.viewer`. */
const selfReadableFields = ['name', 'expiresAt', 'effectiveScopes']

/** Of the caller's own key, since `Query.me` tells it; of another user's the resolver refuses it. */
const openFields = [...outcomeFields, 'owner']

/** The members of `UpdateApiKeyInput` that the payload answers with as they were given. */
const settableFields = ['name', 'description', 'metadata']

/** The caller gave all that there is of the key, which is a child of the caller's credential. */
export const newKeyPayloadGuard = extensions({
  paths: [['apiKey', 'parent']],
  covers: allExcept([...openFields, ...selfReadableFields]),
  requiresScopes: [['read:keys']],
})

/** The caller gets the key's secret, and could read with it what the key can read of itself. */
export const rotatedKeyPayloadGuard = extensions({
  paths: [['apiKey']],
  covers: allExcept([...openFields, ...selfReadableFields, 'rotatedAt', 'previousSecret']),
  requiresScopes: [['read:keys']],
})

export const expiredSecretPayloadGuard = extensions(
  ...keyPayloadRules([['apiKey']], ['rotatedAt', 'previousSecret']),
)

export const revokedKeysPayloadGuard = extensions(
  ...keyPayloadRules([['apiKey'], ['revokedDescendants']]),
)

/** What the caller sets it may be told. */
export const updatedKeyPayloadGuard = extensions(
  ...keyPayloadRules([['apiKey']], settableFields),
  ...settableFields.map((field) => ({
    paths: [['apiKey']],
    covers: (name: string) => name === field,
    requiresScopes: [['read:keys']],
    isExempt: (args: Input, caller: Principal) =>
      inputArgument(args)[field] != null ||
      (selfReadableFields.includes(field) && isOwnCredential(args, caller)),
  })),
)

/** The number of another user's keys needs what listing them needs. Without `manage:keys` the resolver refuses. */
export const revokedCountPayloadGuard = extensions({
  paths: [[]],
  covers: allExcept([]),
  requiresScopes: [['read:keys', 'read:users']],
  isExempt: (args, { userId, scopes }) => {
    const { ownerId } = inputArgument(args)
    return ownerId == null || isId(ownerId, userId) || !scopes.has('manage:keys')
  },
})

/** @param open fields that need no further scope, beside the outcome */
function keyPayloadRules(
  paths: PayloadRule['paths'],
  open: readonly string[] = [],
): readonly PayloadRule[] {
  const own = selfReadableFields.filter((name) => !open.includes(name))
  const requiresScopes = [['read:keys']]
  return [
    { paths, covers: allExcept([...openFields, ...selfReadableFields, ...open]), requiresScopes },
    // Of the keys that are answered with, the one that the caller named may be its credential.
    {
      paths: paths.slice(0, 1),
      covers: (name) => own.includes(name),
      requiresScopes,
      isExempt: isOwnCredential,
    },
    { paths: paths.slice(1), covers: (name) => own.includes(name), requiresScopes },
  ]
}

/** Whether the key that a caller changes is its own credential. */
function isOwnCredential(args: Input, { credential }: Principal): boolean {
  return credential.kind === 'API_KEY' && inputArgument(args).id === credential.id
}

function allExcept(names: readonly string[]): PayloadRule['covers'] {
  const open = new Set(names)
  return (name) => !open.has(name)
}

/** User ids are UUIDs, which have no case. */
function isId(value: unknown, id: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === id
}

function inputArgument(args: Input): Input {
  return (args.input ?? {}) as Input
}
