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

export interface DeleteUserInput {
  readonly id: string
  /** Whether to delete the user even if it has active API keys. Default: false. */
  readonly force?: boolean | null | undefined
}

export interface SetUserScopesInput {
  readonly userId: string
  /** `null` removes the ceiling. `undefined` is an error, so that no caller removes the ceiling by mistake. */
  readonly scopes?: readonly string[] | null | undefined
}
