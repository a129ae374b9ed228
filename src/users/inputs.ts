export interface CreateUserInput {
  readonly issuer?: string | null | undefined
  readonly subject: string
  readonly email?: string | null | undefined
  readonly name?: string | null | undefined
  readonly scopes?: readonly string[] | null | undefined
}

export interface UpdateUserInput {
  readonly id: string
  readonly email?: string | null | undefined
  readonly name?: string | null | undefined
}

export interface SetUserScopesInput {
  readonly userId: string
  /** `null` lifts the ceiling; `undefined` is refused, so that leaving it out never does. */
  readonly scopes?: readonly string[] | null | undefined
}
