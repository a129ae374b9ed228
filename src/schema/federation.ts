import { BadUserInputError } from '../errors.ts'
import { memoizeWeak } from '../memoize-weak.ts'
import { printSdl } from '../pothos/sdl.ts'
import type { User } from '../users/user.ts'
import type { Builder } from './builder.ts'
import { costs } from './costs.ts'
import type { UserTypes } from './user.ts'

/** The maximum number of entities that one request may ask for. */
const maxRepresentations = 1000

/** Registers the fields that a router queries on a subgraph (Apollo Federation 2, subgraph specification). */
export function registerFederation(builder: Builder, { UserRef }: UserTypes) {
  builder.scalarType('_Any', {
    description: 'A representation of an entity: its `__typename` and the fields of its key.',
    serialize: (value) => value,
  })
  const EntityRef = builder.unionType('_Entity', {
    description: 'An entity to which other subgraphs can refer.',
    types: [UserRef],
    resolveType: () => UserRef,
  })
  const ServiceRef = builder.objectRef<object>('_Service').implement({
    description: 'The description of this subgraph for the router.',
    fields: (t) => ({
      sdl: t.string({
        description: 'The SDL of this subgraph.',
        extensions: costs.sdl,
        resolve: (_service, _args, _context, { schema }) => sdlOf(schema),
      }),
    }),
  })

  builder.queryFields((t) => ({
    _service: t.field({
      type: ServiceRef,
      description: 'Returns the SDL of this subgraph (Apollo Federation 2).',
      resolve: () => ({}),
    }),
    _entities: t.field({
      type: [EntityRef],
      nullable: { list: false, items: true },
      requiresScopes: 'read:users',
      description:
        'Returns the entities of the representations, in their order; null for one that does not exist (Apollo Federation 2).',
      args: {
        representations: t.arg({
          type: ['_Any'],
          required: true,
          description: `The representations of the entities, at most ${maxRepresentations}.`,
        }),
      },
      resolve: (_root, { representations }, { loaders }): Promise<(User | null)[]> => {
        if (representations.length > maxRepresentations) {
          const message = `\`representations\` must have at most ${maxRepresentations} elements.`
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
    'Each element of `representations` must be `{ __typename: "User", id }`.',
  )
}

const sdlOf = memoizeWeak(printSdl)
