import type { ApiKey } from '../keys/api-key.ts'
import {
  expiresSoonDays,
  type FoundKey,
  type HealthFilter,
  idleDays,
  type KeyFinding,
  keyFindings,
  maxCounted,
  unusedScopesDays,
} from '../keys/health.ts'
import { isKeyId } from '../keys/key-id.ts'
import type { Page } from '../pagination.ts'
import { isUserId } from '../users/identity.ts'
import type { ApiKeyConnectionRef } from './api-key-queries.ts'
import type { Builder } from './builder.ts'
import { forwardPageArguments } from './connection-types.ts'
import { principalOf, type ResolverContext } from './context.ts'
import { costs } from './costs.ts'
import {
  type Connection,
  type ConnectionArguments,
  emptyConnection,
  encodeCursor,
  pageRequest,
  timeForm,
} from './pages.ts'
import { allUsersGuard } from './payload-rules.ts'

/** `null`: the caller may see none of the keys. */
interface KeyHealth {
  readonly filter: HealthFilter | null
}

interface Finding extends KeyHealth {
  readonly kind: KeyFinding
}

/** Registers the query for the health of keys. */
export function registerKeyHealth(builder: Builder, ApiKeyConnection: ApiKeyConnectionRef): void {
  const Kind = builder.enumType('KeyHealthFindingKind', {
    description: 'A problem that active keys can have. A key may have several.',
    values: kinds,
  })
  const FindingRef = builder.objectRef<Finding>('KeyHealthFinding').implement({
    description: 'The active keys that have the same problem.',
    fields: (t) => ({
      kind: t.expose('kind', { type: Kind, description: 'The problem that the keys have.' }),
      count: t.int({
        description: `The number of keys, at most ${maxCounted}: the server does not count further. It counts them only if this field is selected.`,
        resolve: (finding, _args, context) => count(finding, context),
      }),
      keys: t.field({
        type: ApiKeyConnection,
        description:
          'Lists the keys, in the order that `KeyHealthFindingKind` describes. `totalCount` is the same number as `count`.',
        args: forwardPageArguments(t),
        resolve: (finding, args, context) => listKeys(finding, args, context),
      }),
    }),
  })
  const KeyHealthRef = builder.objectRef<KeyHealth>('KeyHealth').implement({
    description: 'The health of the active keys of one user, or of all users.',
    fields: (t) => ({
      findings: t.field({
        type: [FindingRef],
        extensions: costs.findings,
        description: 'One finding of each kind, even if no key has the problem.',
        args: {
          kinds: t.arg({ type: [Kind], description: 'Only these kinds. Default: all kinds.' }),
        },
        resolve: ({ filter }, { kinds: wanted }) =>
          keyFindings
            .filter((kind) => wanted == null || wanted.includes(kind))
            .map((kind) => ({ kind, filter })),
      }),
    }),
  })
  builder.queryFields((t) => ({
    keyHealth: t.field({
      type: KeyHealthRef,
      requiresScopes: 'read:keys',
      extensions: allUsersGuard,
      description:
        'Returns the active keys of one user, or of all users, that need attention, by problem. With `allUsers`, the query also requires `manage:keys` and `read:users`.',
      args: {
        ownerId: t.arg.id({
          description:
            'The id of the user who owns the keys. Default: the user of the caller. For another user, nothing is found unless the caller also has both `manage:keys` and `read:users`.',
        }),
        allUsers: t.arg.boolean({
          description:
            'Whether to examine the keys of all users. Not allowed together with `ownerId`. Default: false.',
        }),
      },
      resolve: (_root, args, context) => ({
        filter: context.services.keys.healthFilter(principalOf(context), args),
      }),
    }),
  }))
}

const kinds = {
  NEVER_EXPIRES: {
    description: 'Neither the key nor one of its ancestors expires. The newest key comes first.',
  },
  IDLE: {
    description: `The key was created more than ${idleDays} days ago and was not used in that time. The key that was not used for the longest time comes first; keys whose last uses are less than 7 days apart may be in any order.`,
  },
  UNUSED_SCOPES: {
    description: `The key was created more than ${unusedScopesDays} days ago. Requests with it have needed some of its scopes, but not the others (\`ApiKey.unusedScopes\`). The newest key comes first.`,
  },
  EXPIRES_SOON: {
    description: `The key or one of its ancestors expires within ${expiresSoonDays} days. The key that expires first comes first.`,
  },
  PREVIOUS_SECRET_USED: {
    description:
      'The secret that a rotation replaced still works, and was used since the rotation (`ApiKey.previousSecret`). The key whose grace period ends first comes first.',
  },
  OWNER_SUSPENDED: {
    description:
      'The owner of the key is suspended. If the owner is reactivated, the key works again. The keys of the newest user come first.',
  },
} as const satisfies Record<KeyFinding, { readonly description: string }>

function count({ kind, filter }: Finding, { services, turns }: ResolverContext) {
  if (filter === null) return 0
  return turns.take(() => services.keys.countFound(kind, filter))
}

async function listKeys(
  finding: Finding,
  args: ConnectionArguments,
  context: ResolverContext,
): Promise<Connection<ApiKey>> {
  const { kind, filter } = finding
  const isId = kind === 'OWNER_SUSPENDED' ? isOwnedKeyId : isKeyId
  const request = pageRequest(args, isId)
  if (filter === null) return emptyConnection()
  const { services, turns } = context
  const page = await turns.take(() => services.keys.listFound(kind, filter, request))
  return connectionOf(page, request.after !== null, () => count(finding, context))
}

/** The id of a position among the keys of suspended users: that of the user and that of the key. */
function isOwnedKeyId(id: string): boolean {
  return isUserId(id.slice(0, 36)) && id[36] === '-' && isKeyId(id.slice(37))
}

function connectionOf(
  { rows, more }: Page<FoundKey>,
  hasPreviousPage: boolean,
  totalCount: () => number | Promise<number>,
): Connection<ApiKey> {
  const edges = rows.map(({ key, position }) => ({
    cursor: encodeCursor(position, timeForm),
    node: key,
  }))
  return {
    edges,
    pageInfo: {
      hasNextPage: more,
      hasPreviousPage,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  }
}
