import {
  type GraphQLInterfaceType,
  type GraphQLNamedOutputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import type { ScopeRequirement } from '../scopes.ts'
import type { Field } from './field-rules.ts'
import { type Declaring, declarationOf, guardOf } from './guard.ts'

/** Requirements that must all be met, without duplicates. */
export type Guards = readonly ScopeRequirement[]

/** The guards of the types that a field may return. */
export interface ReturnTypeGuards {
  /** The guards of every value, whatever its object type. */
  readonly always: Guards
  /** Further guards by the object type of the value, without types that have none. */
  readonly byType: ReadonlyMap<string, Guards>
  /** The guards of any type of the schema, because resolvers of `_entities` look up types outside its union. */
  readonly ofNamed: (name: string) => Guards
}

export type FieldOwner = GraphQLObjectType | GraphQLInterfaceType

const ofSchema = new WeakMap<GraphQLSchema, SchemaGuards>()

/** The guards of one schema, computed on first use and cached. */
export class SchemaGuards {
  static of(schema: GraphQLSchema): SchemaGuards {
    let guards = ofSchema.get(schema)
    if (guards === undefined) {
      guards = new SchemaGuards(schema)
      ofSchema.set(schema, guards)
    }
    return guards
  }

  readonly #schema: GraphQLSchema
  readonly #fields = new Map<Field, Guards>()
  readonly #returnTypes = new Map<GraphQLNamedOutputType, ReturnTypeGuards>()

  private constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  /**
   * The guards of a field of `type`: those of the field, of its type, of the interfaces of its type, and of this
   * field on those interfaces. So the guard of an interface holds on every path to the field.
   */
  ofField(type: FieldOwner, field: Field): Guards {
    let guards = this.#fields.get(field)
    if (guards === undefined) {
      const inherited = type.getInterfaces().map((parent) => parent.getFields()[field.name])
      guards = distinct([...declared([field, ...inherited]), ...typeGuards(type)])
      this.#fields.set(field, guards)
    }
    return guards
  }

  /** The guards of the field's return type. They hold whatever is selected on it. */
  ofReturnType(field: Field): ReturnTypeGuards {
    const type = getNamedType(field.type)
    let guards = this.#returnTypes.get(type)
    if (guards === undefined) {
      const possible = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : []
      guards = {
        always: typeGuards(type),
        byType: new Map(
          possible
            .map((one) => [one.name, typeGuards(one)] as const)
            .filter(([, ofOne]) => ofOne.length > 0),
        ),
        ofNamed: (name) => {
          const one = this.#schema.getType(name)
          return one === undefined ? [] : typeGuards(one)
        },
      }
      this.#returnTypes.set(type, guards)
    }
    return guards
  }

  /** The guards of all types that the field may return. */
  ofAnyReturnType(field: Field): Guards {
    return guardsForTypes(this.ofReturnType(field), null)
  }
}

/** @param types the possible types of the value; `null`: all types that the field may return */
export function guardsForTypes(
  { always, byType, ofNamed }: ReturnTypeGuards,
  types: ReadonlySet<string> | null,
): Guards {
  if (types !== null) return distinct([...always, ...[...types].flatMap(ofNamed)])
  return byType.size === 0 ? always : distinct([...always, ...[...byType.values()].flat()])
}

/** The guards of a type and of the interfaces that it implements. */
export function typeGuards(type: GraphQLNamedType): Guards {
  const parents = isObjectType(type) || isInterfaceType(type) ? type.getInterfaces() : []
  return distinct(declared([type, ...parents]))
}

export function distinct(guards: Guards): Guards {
  if (guards.length < 2) return guards
  return [...new Map(guards.map((guard) => [JSON.stringify(guard), guard])).values()]
}

function declared(elements: readonly (Declaring | undefined)[]): Guards {
  return elements.flatMap((element) => {
    const guard = element === undefined ? null : guardOf(declarationOf(element))
    return guard === null ? [] : [guard]
  })
}
