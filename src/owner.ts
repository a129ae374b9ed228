/**
 * The owner of API keys, which their credentials stand for. There is one kind, a person: a row in `users`.
 * A further kind would be a further member of this union, so code checks `kind` before it uses an owner as
 * a person.
 */
export type OwnerRef = UserOwner

export interface UserOwner {
  readonly kind: 'USER'
  /** The id of the row in `users`. */
  readonly userId: string
}

export type OwnerKind = OwnerRef['kind']

export function userOwner(userId: string): UserOwner {
  return { kind: 'USER', userId }
}

/** Returns the owner that the credential of a principal stands for. Keys created with it belong to that owner. */
export function ownerOf({ userId }: { readonly userId: string }): OwnerRef {
  return userOwner(userId)
}

/** Returns the value of `api_keys.owner_id`. */
export function ownerIdOf(owner: OwnerRef): string {
  switch (owner.kind) {
    case 'USER':
      return owner.userId
  }
}

export function isSameOwner(one: OwnerRef, other: OwnerRef): boolean {
  return one.kind === other.kind && ownerIdOf(one) === ownerIdOf(other)
}
