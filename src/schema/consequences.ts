import { BadUserInputError, NotFoundError } from '../errors.ts'
import type { ApiKey } from '../keys/api-key.ts'
import { type AffectedKeys, lostScopes } from '../keys/consequences.ts'
import type { RevokeKeyInput, UpdateKeyInput } from '../keys/inputs.ts'
import { isKeyId } from '../keys/key-id.ts'
import type { PlannedChange } from '../keys/predictor.ts'
import type { SetUserScopesInput } from '../users/inputs.ts'
import type { ApiKeyMutationInputs } from './api-key-inputs.ts'
import type { ApiKeyTypes } from './api-key-type.ts'
import type { Builder, OutputRef } from './builder.ts'
import { forwardPageArguments, type PageInfoRef, registerConnection } from './connection-types.ts'
import { principalOf, type ResolverContext } from './context.ts'
import { costs } from './costs.ts'
import { type Connection, connection, emptyConnection, pageRequest } from './pages.ts'
import { consequencesGuard } from './payload-rules.ts'
import type { UserMutationInputs } from './user-inputs.ts'

export interface ConsequenceTypes {
  readonly types: ApiKeyTypes
  readonly PageInfoRef: PageInfoRef
  readonly keyInputs: ApiKeyMutationInputs
  /** `null`: the schema has no mutations of users. */
  readonly userInputs: UserMutationInputs | null
}

/** `null`: the change affects no key. */
interface Consequences {
  readonly affected: AffectedKeys | null
}

interface KeyConsequence {
  readonly id: string
  readonly key: ApiKey
  readonly affected: AffectedKeys
}

interface LostScope {
  readonly scope: string
  readonly lastUsedAt: Date | null
}

/** Registers the query for the keys that a change would stop or narrow. */
export function registerConsequences(builder: Builder, parts: ConsequenceTypes): void {
  const ConsequencesOf = consequencesInput(builder, parts)
  const ConsequencesRef = consequencesType(builder, parts)
  builder.queryFields((t) => ({
    consequences: t.field({
      type: ConsequencesRef,
      nullable: true,
      requiresScopes: 'read:keys',
      extensions: consequencesGuard,
      description: `Predicts which API keys a mutation would stop or narrow, without running it. The query also requires the scope of the mutation${parts.userInputs === null ? '' : ', and for a mutation of another user `manage:keys` and `read:users`'}. Null if the mutation would fail with \`NOT_FOUND\`, and if the caller may not read the keys. For other input that the mutation would refuse, the query fails with the same error.`,
      args: {
        of: t.arg({
          type: ConsequencesOf,
          required: true,
          description: 'The mutation and its input.',
        }),
      },
      resolve: (_root, { of }, context) => predict(of as ConsequencesInput, context),
    }),
  }))
}

function consequencesInput(builder: Builder, { keyInputs, userInputs }: ConsequenceTypes) {
  return builder.inputType('ConsequencesOf', {
    description: 'A mutation and its input. Exactly one field must be given.',
    fields: (t) => ({
      ...(userInputs !== null && {
        deleteUser: t.field({
          type: userInputs.DeleteUserInput,
          description: 'The input of `deleteUser`. Its `force` has no effect on the prediction.',
        }),
        suspendUser: t.field({
          type: userInputs.SuspendUserInput,
          description: 'The input of `suspendUser`.',
        }),
        setUserScopes: t.field({
          type: userInputs.SetUserScopesInput,
          description: 'The input of `setUserScopes`.',
        }),
      }),
      updateApiKey: t.field({
        type: keyInputs.UpdateApiKeyInput,
        description: 'The input of `updateApiKey`.',
      }),
      revokeApiKey: t.field({
        type: keyInputs.RevokeApiKeyInput,
        description: 'The input of `revokeApiKey`.',
      }),
    }),
  })
}

interface ConsequencesInput {
  readonly deleteUser?: { readonly id: string } | null
  readonly suspendUser?: { readonly id: string } | null
  readonly setUserScopes?: SetUserScopesInput | null
  readonly updateApiKey?: UpdateKeyInput | null
  readonly revokeApiKey?: RevokeKeyInput | null
}

function consequencesType(
  builder: Builder,
  { types, PageInfoRef }: ConsequenceTypes,
): OutputRef<Consequences> {
  const NodeRef = keyConsequenceType(builder, types)
  const KeyConsequenceConnection = registerConnection(
    builder,
    { PageInfoRef, NodeRef },
    {
      name: 'KeyConsequenceConnection',
      description: 'One page of a list of consequences for API keys (Relay Cursor Connections).',
    },
    {
      name: 'KeyConsequenceEdge',
      description: 'A consequence for an API key and its position in a list.',
    },
  )
  return builder.objectRef<Consequences>('Consequences').implement({
    description: 'The API keys that a mutation would stop or narrow.',
    fields: (t) => ({
      keys: t.field({
        type: KeyConsequenceConnection,
        description:
          'Lists the active keys that would stop working or lose effective scopes, newest first. A key of a suspended user counts as if the user were active, because `reactivateUser` ends the suspension.',
        args: forwardPageArguments(t),
        resolve: ({ affected }, args, context) => listKeys(affected, args, context),
      }),
    }),
  })
}

function keyConsequenceType(builder: Builder, { ApiKeyRef }: ApiKeyTypes) {
  const LostScopeRef = builder.objectRef<LostScope>('LostScope').implement({
    description: 'An effective scope that an API key would lose.',
    fields: (t) => ({
      scope: t.exposeString('scope', { description: 'The name of the scope.' }),
      lastUsedAt: t.expose('lastUsedAt', {
        type: 'DateTime',
        nullable: true,
        description:
          'The time of the latest request with the key that needed the scope; may lag by up to 10 seconds. Null if there was no such request.',
      }),
    }),
  })
  return builder.objectRef<KeyConsequence>('KeyConsequence').implement({
    description: 'The consequence of a mutation for one API key.',
    fields: (t) => ({
      apiKey: t.field({
        type: ApiKeyRef,
        description: 'The key before the mutation. `lastUsedAt` shows whether it is in use.',
        resolve: ({ key }) => key,
      }),
      stops: t.boolean({
        description:
          'Whether the server would refuse the key. If false, the key would work with fewer effective scopes, possibly with none.',
        resolve: ({ affected }) => affected.effect.kind === 'stop',
      }),
      lostScopes: t.field({
        type: [LostScopeRef],
        extensions: costs.usedScopes,
        description:
          'The effective scopes that the key would lose, sorted by name. For a key that stops, all of them.',
        resolve: async ({ key, affected }, _args, { loaders }) => {
          const uses = await loaders.scopeUses.load(key.id)
          const lastUses = new Map(uses.map(({ scope, lastUsedAt }) => [scope, lastUsedAt]))
          return lostScopes(key, affected).map((scope) => ({
            scope,
            lastUsedAt: lastUses.get(scope) ?? null,
          }))
        },
      }),
    }),
  })
}

async function predict(
  of: ConsequencesInput,
  context: ResolverContext,
): Promise<Consequences | null> {
  try {
    const { predictor } = context.services
    return { affected: await predictor.affected(principalOf(context), plannedChange(of)) }
  } catch (error) {
    if (error instanceof NotFoundError) return null
    throw error
  }
}

function plannedChange(of: ConsequencesInput): PlannedChange {
  const given = Object.entries(of).filter(([, input]) => input != null)
  const [change] = given
  if (change === undefined || given.length > 1) {
    throw new BadUserInputError('of', '`of` must have exactly one field: that of the mutation.')
  }
  const [kind, input] = change
  return { kind, input } as PlannedChange
}

async function listKeys(
  affected: AffectedKeys | null,
  args: Parameters<typeof pageRequest>[0],
  { services, turns }: ResolverContext,
): Promise<Connection<KeyConsequence>> {
  const request = pageRequest(args, isKeyId)
  if (affected === null) return emptyConnection()
  const { predictor } = services
  const { rows, more } = await turns.take(() => predictor.list(affected, request))
  return connection(
    { rows: rows.map((key) => ({ id: key.id, key, affected })), more },
    request,
    ({ key }) => key.createdAt,
    () => predictor.count(affected),
  )
}
