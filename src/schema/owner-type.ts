import type { User } from '../users/user.ts'
import type { OutputRef } from './builder.ts'
import type { ResolverContext } from './context.ts'

/** The type that represents the owners of keys: `User`, or a type of the application. */
export interface OwnerType {
  readonly ref: OutputRef<unknown>
  /** Whether the application may have no object for an owner. */
  readonly nullable: boolean
  resolve(user: User, context: ResolverContext): unknown
}

export function ownerTypeOf(UserRef: OutputRef<User>): OwnerType {
  return { ref: UserRef as OutputRef<unknown>, nullable: false, resolve: (user) => user }
}
