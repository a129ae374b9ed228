import type { FieldNullability, InputFieldMap, SchemaTypes, TypeParam } from '@pothos/core'
import type { FieldGuardOptions, LatchkeyPluginOptions, TypeGuardOptions } from './options.ts'
import type { PothosLatchkeyPlugin } from './plugin.ts'

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      latchkey: PothosLatchkeyPlugin<Types>
    }

    export interface SchemaBuilderOptions<Types extends SchemaTypes> {
      latchkey: LatchkeyPluginOptions<Types['Scopes']>
    }

    export interface UserSchemaTypes {
      /** The scope names that `requiresScopes` may contain. Default: any string. */
      Scopes: string
    }

    export interface ExtendDefaultTypes<PartialTypes extends Partial<UserSchemaTypes>> {
      Scopes: undefined extends PartialTypes['Scopes'] ? string : PartialTypes['Scopes'] & string
    }

    export interface ObjectTypeOptions<Types extends SchemaTypes, Shape>
      extends TypeGuardOptions<Types['Scopes']> {}

    export interface InterfaceTypeOptions<Types extends SchemaTypes, Shape>
      extends TypeGuardOptions<Types['Scopes']> {}

    export interface FieldOptions<
      Types extends SchemaTypes,
      ParentShape,
      Type extends TypeParam<Types>,
      Nullable extends FieldNullability<Type>,
      Args extends InputFieldMap,
      ResolveShape,
      ResolveReturnShape,
    > extends FieldGuardOptions<Types['Scopes']> {}
  }
}
