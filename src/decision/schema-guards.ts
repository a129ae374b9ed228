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

/** Requirements of which each must be met; none is listed twice. */
export type Guards = readonly ScopeRequirement[]

/** What it takes to be answered with a value. */
export interface ReturnTypeGuards {
  /** Whatever type the value turns out to be. */
  readonly always: Guards
  /** Further, by the object type of the value; types that need nothing further are left out. */
  readonly byType: ReadonlyMap<string, Guards>
  /** The guards of any type of the schema: resolvers of `_entities` look up types that its union lacks. */
  readonly ofNamed: (name: string) => Guards
}

export type FieldOwner = GraphQLObjectType | GraphQLInterfaceType

const ofSchema = new WeakMap<GraphQLSchema, SchemaGuards>()

/** The guards of one schema, found out when they are asked for and remembered. */
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
   * What it takes to reach a field of `type`: what the field declares, what its type declares, and what
   * the interfaces of its type declare for themselves and for this field. An interface's guard so holds
   * however the field is reached.
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

  /** What it takes to be answered with a value of the field's type, whatever is selected of it. */
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

  /** All that it may take to be answered with a value of the field's type. */
  ofAnyReturnType(field: Field): Guards {
    return guardsForTypes(this.ofReturnType(field), null)
  }
}

/** @param types the types that the value may be of; `null`: any that the field may answer with */
export function guardsForTypes(
  { always, byType, ofNamed }: ReturnTypeGuards,
  types: ReadonlySet<string> | null,
): Guards {
  if (types !== null) return distinct([...always, ...[...types].flatMap(ofNamed)])
  return byType.size === 0 ? always : distinct([...always, ...[...byType.values()].flat()])
}

/** What a type declares, with the interfaces that it implements. */
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
