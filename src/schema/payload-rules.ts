import type { FieldRules, PayloadRule } from '../decision/field-rules.ts'
import type { Principal } from '../principal.ts'

/*
 * The payload of a mutation shows only what a query would show to the same caller. An operation that selects
 * more is denied as a whole, before any change.
 */

type Extensions = { readonly latchkey: FieldRules }
type Input = Readonly<Record<string, unknown>>

const extensions = (...payload: readonly PayloadRule[]): Extensions => ({ latchkey: { payload } })

/** @param idName the field of `input` that has the id of the user; `null` for a new user */
export function userPayloadGuard(idName: 'id' | 'userId' | null): Extensions {
  return extensions({
    paths: [['user']],
    covers: allExcept(['id', 'status']),
    requiresScopes: [['read:users']],
    ...(idName !== null && {
      // Every caller may read its own user by `Query.me`.
      isExempt: (args, { userId }) => isId(inputArgument(args)[idName], userId),
    }),
  })
}

/** The fields of a changed key that show the outcome. They require only the scope of the mutation. */
export const outcomeFields: ReadonlySet<string> = new Set([
  'id',
  'start',
  'scopes',
  'status',
  'revokedAt',
  'revokedReason',
])

/** The fields that a key can read about itself by `Query.viewer`. */
const selfReadableFields = ['name', 'expiresAt', 'effectiveScopes']

/** The owner of the caller's key is shown by `Query.me`; for another user's key the resolver refuses it. */
const openFields = [...outcomeFields, 'owner']

/** The fields of `UpdateApiKeyInput` that the payload returns unchanged. */
const settableFields = ['name', 'description', 'metadata']

/** The caller chose all properties of the new key itself. Its parent is the caller's credential. */
export const newKeyPayloadGuard = extensions({
  paths: [['apiKey', 'parent']],
  covers: allExcept([...openFields, ...selfReadableFields]),
  requiresScopes: [['read:keys']],
})

/** The caller gets the secret of the key, with which it can read all that the key can read about itself. */
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

/** The caller may select the fields that it sets. */
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

/**
 * The number of another user's keys requires the scopes that a list of them requires. Without `manage:keys`
 * the resolver refuses the mutation.
 */
export const revokedCountPayloadGuard = extensions({
  paths: [[]],
  covers: allExcept([]),
  requiresScopes: [['read:keys', 'read:users']],
  isExempt: (args, { userId, scopes }) => {
    const { ownerId } = inputArgument(args)
    return ownerId == null || isId(ownerId, userId) || !scopes.has('manage:keys')
  },
})

/** The health of the keys of all users requires the scopes that a list of another user's keys requires. */
export const allUsersGuard = extensions({
  paths: [[]],
  covers: allExcept([]),
  requiresScopes: [['manage:keys', 'read:users']],
  appliesTo: ({ allUsers }) => allUsers === true,
})

/**
 * A prediction requires the scope of the mutation, and the scopes that a list of the keys requires. For a key
 * that the caller may not read, the resolver returns nothing.
 */
export const consequencesGuard = extensions(
  ...(
    [
      [['deleteUser', 'suspendUser'], 'write:users'],
      [['setUserScopes'], 'write:grants'],
      [['updateApiKey', 'revokeApiKey'], 'write:keys'],
    ] as const
  ).map(([mutations, scope]) => ({
    paths: [[]],
    covers: allExcept([]),
    requiresScopes: [[scope]],
    appliesTo: (args: Input) => mutations.some((name) => ofArgument(args)[name] != null),
  })),
  {
    paths: [[]],
    covers: allExcept([]),
    requiresScopes: [['manage:keys', 'read:users']],
    appliesTo: (args) => userIn(args) != null,
    isExempt: (args, { userId }) => isId(userIn(args), userId),
  },
)

/** The id of the user in the argument of `consequences`. */
function userIn(args: Input): unknown {
  const { deleteUser, suspendUser, setUserScopes } = ofArgument(args)
  return deleteUser?.id ?? suspendUser?.id ?? setUserScopes?.userId
}

function ofArgument({ of }: Input): Readonly<Record<string, Input | null | undefined>> {
  return (of ?? {}) as Readonly<Record<string, Input | null | undefined>>
}

/** @param open fields that require no further scope, beside `openFields` */
function keyPayloadRules(
  paths: PayloadRule['paths'],
  open: readonly string[] = [],
): readonly PayloadRule[] {
  const own = selfReadableFields.filter((name) => !open.includes(name))
  const requiresScopes = [['read:keys']]
  return [
    { paths, covers: allExcept([...openFields, ...selfReadableFields, ...open]), requiresScopes },
    // Of the returned keys, only the key of the input can be the caller's credential.
    {
      paths: paths.slice(0, 1),
      covers: (name) => own.includes(name),
      requiresScopes,
      isExempt: isOwnCredential,
    },
    { paths: paths.slice(1), covers: (name) => own.includes(name), requiresScopes },
  ]
}

/** Whether a caller changes the key that is its own credential. */
function isOwnCredential(args: Input, { credential }: Principal): boolean {
  return credential.kind === 'API_KEY' && inputArgument(args).id === credential.id
}

function allExcept(names: readonly string[]): PayloadRule['covers'] {
  const open = new Set(names)
  return (name) => !open.has(name)
}

/** User ids are UUIDs, which are case-insensitive. */
function isId(value: unknown, id: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === id
}

function inputArgument(args: Input): Input {
  return (args.input ?? {}) as Input
}
