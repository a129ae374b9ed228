import { InputFieldBuilder, PothosSchemaError, type SchemaTypes } from '@pothos/core'
import type { Builder } from '../schema/builder.ts'
import type { ResolverContext } from '../schema/context.ts'
import type { Naming } from './key-management-options.ts'

export interface Adaptation {
  readonly naming: Naming
  /** The names of scalars in the application's schema. */
  readonly scalars: ReadonlyMap<string, string>
  describe(description: string): string
  contextOf(context: unknown): ResolverContext
}

type AnyBuilder = PothosSchemaTypes.SchemaBuilder<SchemaTypes>

/**
 * Returns a builder that adds types and fields to the builder of an application. Names get prefixes, and
 * resolvers get the context that they expect. Options of the application that set defaults, such as
 * `defaultFieldNullability`, do not apply to these types.
 *
 * It has the application's builder as its prototype, so both have the same types and plugins. Plugins of
 * Pothos extend builders and field builders in the same way.
 */
export function adaptBuilder(builder: AnyBuilder, adaptation: Adaptation): Builder {
  const { naming, describe } = adaptation
  const base = builder as unknown as Methods
  const adapted = Object.create(builder) as Methods
  const described = <T extends Described>(options: T): T =>
    options.description == null
      ? options
      : { ...options, description: describe(options.description) }
  const withFields = <T extends WithFields>(options: T): T => ({
    ...described(options),
    fields: (t: OutputFields) => options.fields(adaptOutputFields(t, adapted, adaptation)),
  })
  const rootFields = (root: RootName, fields: FieldThunk) => (t: OutputFields) => {
    const own = Object.entries(fields(adaptOutputFields(t, adapted, adaptation)))
    const renamed = own.map(([name, field]) => [naming.fieldName(name), field] as const)
    refuseTaken(
      builder,
      root,
      renamed.map(([name]) => name),
    )
    return Object.fromEntries(renamed)
  }
  const overrides: Methods = {
    defaultFieldNullability: false,
    defaultInputFieldRequiredness: false,
    objectRef: (name) => base.objectRef.call(adapted, naming.typeName(name)),
    objectType: (ref, options) => base.objectType.call(adapted, ref, withFields(options)),
    enumType: (name, options) =>
      base.enumType.call(adapted, naming.typeName(name), {
        ...described(options),
        values: Object.fromEntries(
          Object.entries(options.values).map(([value, config]) => [value, described(config)]),
        ),
      }),
    inputType: (name, options) =>
      base.inputType.call(adapted, naming.typeName(name), {
        ...described(options),
        fields: (t) => options.fields(adaptInputFields(t, adaptation)),
      }),
    queryFields: (fields) => base.queryFields.call(adapted, rootFields('Query', fields)),
    queryField: (name, field) => adapted.queryFields((t) => ({ [name]: field(t) })),
    mutationFields: (fields) => base.mutationFields.call(adapted, rootFields('Mutation', fields)),
    subscriptionFields: (fields) =>
      base.subscriptionFields.call(adapted, rootFields('Subscription', fields)),
    objectFields: (ref, fields) =>
      base.objectFields.call(adapted, ref, (t) =>
        fields(adaptOutputFields(t, adapted, adaptation)),
      ),
    objectField: (ref, name, field) => adapted.objectFields(ref, (t) => ({ [name]: field(t) })),
  }
  return Object.assign(adapted, overrides) as unknown as Builder
}

type RootName = 'Query' | 'Mutation' | 'Subscription'

/** Pothos calls the functions that return fields in the order in which they were added, when it builds. */
function refuseTaken({ configStore }: AnyBuilder, root: RootName, names: readonly string[]): void {
  if (!configStore.hasImplementation(root)) return
  const taken = names.find((name) => configStore.getFields(root).has(name))
  if (taken === undefined) return
  throw new PothosSchemaError(
    `${root} already has a field ${taken}. Write another fieldPrefix, such as fieldPrefix: 'latchkey', in addKeyManagement.`,
  )
}

function adaptOutputFields(
  t: OutputFields,
  builder: Methods,
  adaptation: Adaptation,
): OutputFields {
  const { describe, scalars, contextOf } = adaptation
  const { createField } = t
  const adapt =
    (resolve: Resolve): Resolve =>
    (parent, args, context, info) =>
      resolve(parent, args, contextOf(context), info)
  // All methods of a field builder create their fields by this one.
  t.createField = (options) => {
    const { description, type, resolve, subscribe, extensions } = options
    const isExposed = extensions?.pothosExposedField !== undefined
    return createField.call(t, {
      ...options,
      ...(description != null && { description: describe(description) }),
      type: nameOf(type, scalars),
      ...(resolve !== undefined && !isExposed && { resolve: adapt(resolve) }),
      ...(subscribe !== undefined && { subscribe: adapt(subscribe) }),
    })
  }
  const args = new InputFieldBuilder<SchemaTypes, 'Arg'>(builder as never, 'Arg')
  t.arg = (adaptInputFields(args as never, adaptation) as unknown as typeof args).argBuilder()
  return t
}

function adaptInputFields(t: InputFields, { describe, scalars }: Adaptation): InputFields {
  const { field } = t
  t.field = (options) =>
    field.call(t, {
      ...options,
      ...(options.description != null && { description: describe(options.description) }),
      type: nameOf(options.type, scalars),
    })
  return t
}

function nameOf(type: unknown, scalars: ReadonlyMap<string, string>): unknown {
  return typeof type === 'string' ? (scalars.get(type) ?? type) : type
}

interface Described {
  readonly description?: string | null | undefined
}

type FieldMap = Readonly<Record<string, unknown>>
type FieldThunk = (t: OutputFields) => FieldMap

interface WithFields extends Described {
  readonly fields: FieldThunk
}

type Resolve = (parent: unknown, args: unknown, context: unknown, info: unknown) => unknown

interface FieldOptions extends Described {
  readonly type: unknown
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
  readonly resolve?: Resolve
  readonly subscribe?: Resolve
}

interface OutputFields {
  createField(options: FieldOptions): unknown
  arg: unknown
}

interface InputFields {
  field(options: Described & { readonly type: unknown }): unknown
}

/** The members of Pothos' builder that the types of this package use. */
interface Methods {
  defaultFieldNullability: boolean
  defaultInputFieldRequiredness: boolean
  objectRef(name: string): unknown
  objectType(ref: unknown, options: WithFields): unknown
  enumType(
    name: string,
    options: Described & { readonly values: Readonly<Record<string, Described>> },
  ): unknown
  inputType(
    name: string,
    options: Described & { readonly fields: (t: InputFields) => FieldMap },
  ): unknown
  queryFields(fields: FieldThunk): void
  queryField(name: string, field: (t: OutputFields) => unknown): void
  mutationFields(fields: FieldThunk): void
  subscriptionFields(fields: FieldThunk): void
  objectFields(ref: unknown, fields: FieldThunk): void
  objectField(ref: unknown, name: string, field: (t: OutputFields) => unknown): void
}
