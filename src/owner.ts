/**
 * Whom API keys belong to and credentials stand for. There is one kind, a person: a row in `users`.
 * Code that means an owner takes this type and asks for the `kind` before it takes the owner for a
 * person; a further kind is a further member of the union.
 */
export type OwnerRef = UserOwner

export interface UserOwner {
  readonly kind: 'USER'
  /** Row in `users`. */
  readonly userId: string
}

export type OwnerKind = OwnerRef['kind']

export function userOwner(userId: string): UserOwner {
  return { kind: 'USER', userId }
}

/** The owner that a principal's credential stands for: keys that are made with it belong to that owner. */
export function ownerOf({ userId }: { readonly userId: string }): OwnerRef {
  return userOwner(userId)
}

/** What `api_keys.owner_id` holds. */
export function ownerIdOf(owner: OwnerRef): string {
  switch (owner.kind) {
    case 'USER':
      return owner.userId
  }
}

export function isSameOwner(one: OwnerRef, other: OwnerRef): boolean {
  return one.kind === other.kind && ownerIdOf(one) === ownerIdOf(other)
}
