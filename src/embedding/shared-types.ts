import type { SchemaTypes } from '@pothos/core'
import type { OutputRef } from '../schema/builder.ts'
import type { PageInfoRef } from '../schema/connection-types.ts'
import type { PageInfo } from '../schema/pages.ts'
import { scalars } from '../schema/scalars.ts'
import type { Naming } from './key-management-options.ts'

type AnyBuilder = PothosSchemaTypes.SchemaBuilder<SchemaTypes>
type ScalarName = keyof typeof scalars

/** The functions of a scalar of the application. */
interface Coercion {
  readonly graphqlKind: string
  readonly parseValue?: ((value: unknown) => unknown) | null | undefined
  readonly serialize?: ((value: unknown) => unknown) | null | undefined
}

/** Whether a scalar represents what resolvers of this package take and return. */
const represents: Readonly<Record<ScalarName, (scalar: Coercion) => boolean>> = {
  DateTime: ({ parseValue, serialize }) => {
    const parsed = parseValue?.('2027-12-03T10:15:30.000Z')
    return parsed instanceof Date && serialize?.(parsed) != null
  },
  JSONObject: ({ parseValue, serialize }) => {
    const value = { a: [1] }
    const results = [parseValue?.(value), serialize?.(value)]
    return results.every((result) => JSON.stringify(result) === JSON.stringify(value))
  },
}

/**
 * Makes sure that `builder` has the scalars that the types of this package use. A scalar of the application
 * with the right name is used if it represents the same values.
 *
 * @returns the names of the scalars in the builder
 */
export function shareScalars(
  builder: AnyBuilder,
  { typeName }: Naming,
): ReadonlyMap<string, string> {
  return new Map(
    (Object.keys(scalars) as ScalarName[]).map((name) => {
      if (isUsable(builder, name)) return [name, name]
      const added = typeName(name)
      const { type, description } = scalars[name]
      builder.addScalarType(added as never, type, { description } as never)
      return [name, added]
    }),
  )
}

/** The scalars that {@link shareScalars} would add under a name that `builder` already has. */
export function unusableScalars(builder: AnyBuilder, { typeName }: Naming): readonly string[] {
  return (Object.keys(scalars) as ScalarName[]).filter(
    (name) => !isUsable(builder, name) && builder.configStore.hasImplementation(typeName(name)),
  )
}

function isUsable({ configStore }: AnyBuilder, name: ScalarName): boolean {
  if (!configStore.hasImplementation(name)) return false
  const config: Coercion = configStore.getTypeConfig(name)
  try {
    return config.graphqlKind === 'Scalar' && represents[name](config)
  } catch {
    return false
  }
}

/**
 * Returns the type of the application for the position of a page: that of Pothos' Relay plugin, or a type
 * `PageInfo`. Without either, adds one to `added`, which prefixes its name.
 */
export function sharePageInfo(builder: AnyBuilder, add: () => PageInfoRef): PageInfoRef {
  const relay = builder as unknown as { pageInfoRef?: () => OutputRef<PageInfo> }
  const { plugins = [] } = builder.options as { plugins?: readonly string[] }
  if (plugins.includes('relay') && relay.pageInfoRef !== undefined) return relay.pageInfoRef()
  if (builder.configStore.hasImplementation('PageInfo')) return 'PageInfo' as never
  return add()
}
