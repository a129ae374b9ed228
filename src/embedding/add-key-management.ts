import {
  type MaybePromise,
  type OutputType,
  PothosSchemaError,
  type SchemaTypes,
  type ShapeFromTypeParam,
} from '@pothos/core'
import { addScopes } from '../pothos/added-scopes.ts'
import { principalReader } from '../pothos/scope-auth.ts'
import type { OutputRef } from '../schema/builder.ts'
import { registerPageInfo } from '../schema/connection-types.ts'
import { registerKeyManagement } from '../schema/key-management.ts'
import type { OwnerType } from '../schema/owner-type.ts'
import { builtInScopes } from '../scopes.ts'
import { adaptBuilder } from './adapted-builder.ts'
import { type AddedNames, addedNames } from './added-names.ts'
import { catalogueFaults, missingPlugins, nameFaults } from './builder-faults.ts'
import { createDescriber } from './descriptions.ts'
import {
  type CheckedOptions,
  checkOptions,
  type KeyManagementOptions,
  type KeyOwner,
} from './key-management-options.ts'
import { type Latchkey, servicesOf } from './latchkey.ts'
import {
  type ApplicationContext,
  createContextOf,
  type PrincipalOf,
  principalInContext,
} from './resolver-context.ts'
import { sharePageInfo, shareScalars } from './shared-types.ts'

export interface AddKeyManagementOptions<Types extends SchemaTypes, Owner extends OutputType<Types>>
  extends KeyManagementOptions {
  /**
   * The type of the application for the owner of a key, as `ApiKey.owner` and, if included,
   * `Principal.user` return it. Default: Latchkey's `User` if `users` is included; otherwise, the fields
   * do not exist.
   */
  readonly owner?: {
    readonly type: Owner
    /** Returns the owner as a value of `type`; `null` if the application has none. */
    readonly resolve: (
      owner: KeyOwner,
      context: Types['Context'],
    ) => MaybePromise<ShapeFromTypeParam<Types, Owner, true>>
  }
}

type AnyBuilder = PothosSchemaTypes.SchemaBuilder<SchemaTypes>

/**
 * Adds the types, queries, mutations and the subscription of API keys to the builder of an application. The server's own
 * schema has the same ones. The fields require Latchkey's scopes, such as `read:keys` and `write:keys`, which
 * this function adds to the catalogue of the builder.
 *
 * Call it after the scalars `DateTime` and `JSONObject` and the type `PageInfo` are added, if the
 * application has them: they are then used.
 *
 * @throws TypeError if an option is not valid
 * @throws PothosSchemaError if the builder lacks a plugin, or has a type or scope of a name that is added
 */
export function addKeyManagement<Types extends SchemaTypes, Owner extends OutputType<Types>>(
  builder: PothosSchemaTypes.SchemaBuilder<Types>,
  options: AddKeyManagementOptions<Types, Owner>,
): void {
  const services = servicesOf(options.latchkey)
  const checked = checkOptions(options)
  const target = builder as unknown as AnyBuilder
  const names = addedNames(checked.include, services.catalogue)
  refuseFaults(missingPlugins(target))
  refuseFaults([
    ...catalogueFaults(target, services.catalogue),
    ...nameFaults(target, names, checked.naming),
  ])
  addScopes(target, new Map(Object.entries(builtInScopes)))
  addParts(target, options.latchkey, {
    ...checked,
    names,
    owner: ownerType(options.owner as AnyOwner | undefined),
  })
}

interface Addition extends CheckedOptions {
  readonly names: AddedNames
  readonly owner: OwnerType | null
}

function addParts(
  builder: AnyBuilder,
  latchkey: Latchkey,
  { include, naming, names, owner }: Addition,
): void {
  addRootTypes(builder)
  const adapted = adaptBuilder(builder, {
    naming,
    scalars: shareScalars(builder, naming),
    describe: createDescriber(names, naming),
    contextOf: createContextOf(latchkey, principalReaderOf(builder)),
  })
  const PageInfoRef = sharePageInfo(builder, () => registerPageInfo(adapted))
  const { catalogue } = servicesOf(latchkey)
  registerKeyManagement(adapted, { include, owner, PageInfoRef, catalogue })
}

/** Adds the root types that the application has not added. It may add them later. */
function addRootTypes(builder: AnyBuilder): void {
  const { configStore } = builder
  // Pothos 4.5 has no such references, and the types have no other names there.
  const {
    queryRef = 'Query',
    mutationRef = 'Mutation',
    subscriptionRef = 'Subscription',
  } = builder as unknown as {
    readonly queryRef?: 'Query'
    readonly mutationRef?: 'Mutation'
    readonly subscriptionRef?: 'Subscription'
  }
  if (!configStore.hasConfig(queryRef)) builder.queryType()
  if (!configStore.hasConfig(mutationRef)) builder.mutationType()
  if (!configStore.hasConfig(subscriptionRef)) builder.subscriptionType()
}

interface AnyOwner {
  readonly type: unknown
  resolve(owner: KeyOwner, context: object): unknown
}

function ownerType(owner: AnyOwner | undefined): OwnerType | null {
  if (owner === undefined) return null
  return {
    ref: owner.type as OutputRef<unknown>,
    nullable: true,
    resolve: ({ id, issuer, subject }, context) =>
      owner.resolve({ userId: id, issuer, subject }, (context as ApplicationContext).original),
  }
}

/** Returns the `principalOf` of `scopeAuthOptions`, so that fields and resolvers have the same principal. */
function principalReaderOf({ options }: AnyBuilder): PrincipalOf {
  const { scopeAuth } = options as { scopeAuth?: { authScopes?: object } }
  return principalReader(scopeAuth?.authScopes) ?? principalInContext
}

function refuseFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw new PothosSchemaError(faults.join('\n'))
}
