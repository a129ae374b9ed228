import { BadUserInputError } from '../errors.ts'
import { printSdl } from '../pothos/index.ts'
import { remembering } from '../remembering.ts'
import type { User } from '../users/user.ts'
import type { Builder } from './builder.ts'
import type { UserTypes } from './user.ts'

/** How many entities one request may ask for. */
const maxRepresentations = 1000

/** What a router asks of a subgraph (Apollo Federation 2, subgraph specification). */
export function registerFederation(builder: Builder, { UserRef }: UserTypes) {
  builder.scalarType('_Any', {
    description: 'A representation of an entity: its `__typename` and the fields of its key.',
    serialize: (value) => value,
  })
  const EntityRef = builder.unionType('_Entity', {
    description: 'What other subgraphs may refer to.',
    types: [UserRef],
    resolveType: () => UserRef,
  })
  const ServiceRef = builder.objectRef<object>('_Service').implement({
    description: 'This subgraph.',
    fields: (t) => ({
      sdl: t.string({ resolve: (_service, _args, _context, { schema }) => sdlOf(schema) }),
    }),
  })

  builder.queryFields((t) => ({
    _service: t.field({ type: ServiceRef, resolve: () => ({}) }),
    _entities: t.field({
      type: [EntityRef],
      nullable: { list: false, items: true },
      requiresScopes: 'read:users',
      args: { representations: t.arg({ type: ['_Any'], required: true }) },
      resolve: (_root, { representations }, { loaders }): Promise<(User | null)[]> => {
        if (representations.length > maxRepresentations) {
          const message = `\`representations\` may be at most ${maxRepresentations}.`
          throw new BadUserInputError('representations', message)
        }
        return Promise.all(representations.map((one) => loaders.user.load(userId(one))))
      },
    }),
  }))
}

function userId(representation: unknown): string {
  const { __typename, id } = (representation ?? {}) as { __typename?: unknown; id?: unknown }
  if (__typename === 'User' && typeof id === 'string') return id
  throw new BadUserInputError(
    'representations',
    '`representations`: each must be `{ __typename: "User", id }`.',
  )
}

const sdlOf = remembering(printSdl)
