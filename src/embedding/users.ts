import { BadUserInputError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import type { Services } from '../schema/context.ts'
import { timeForm } from '../schema/pages.ts'
import { isUserId } from '../users/identity.ts'
import type {
  CreateUserInput,
  DeleteUserInput,
  SetUserScopesInput,
  UpdateUserInput,
} from '../users/inputs.ts'
import type { OperatorUserService } from '../users/operator.ts'
import type { User, UserStatus } from '../users/user.ts'
import type { UserService } from '../users/users.ts'
import { type AnyCaller, type As, callerOf, type OwnAuthenticator, requireScope } from './caller.ts'
import { checkInputs, pageInputs } from './inputs.ts'
import { type Page, type PageInputs, readPage } from './pages.ts'

/** The outcome of a change to a user. */
export interface UserOutcome {
  /** The id of the user, a UUID. */
  readonly id: string
  readonly status: UserStatus
}

/** A user, identified by issuer and subject. */
export interface UserRecord extends UserOutcome {
  readonly issuer: string
  readonly subject: string
  readonly email: string | null
  readonly name: string | null
  /** The grant, sorted: the ceiling on the scopes of all credentials of the user; `null`: no ceiling. */
  readonly scopes: readonly string[] | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Names a user by `id`, or by `subject` and `issuer`. */
export interface GetUserCall extends As {
  readonly id?: string | null | undefined
  readonly subject?: string | null | undefined
  /** Default: the issuer of `session`, otherwise the first of `issuers`. */
  readonly issuer?: string | null | undefined
}

export interface ListUsersCall extends As, PageInputs {
  /** Only users whose subject, e-mail address or name begins with this text. Default: all. */
  readonly search?: string | null | undefined
  /** Default: any status. */
  readonly status?: UserStatus | null | undefined
}

export interface OneUserCall extends As {
  readonly id: string
}

export interface SuspendUserCall extends OneUserCall {
  /** The reason, for the audit trail. Default: none. */
  readonly reason?: string | null | undefined
}

/**
 * Users as a service, with the rules, scopes and errors of the GraphQL API. A change returns only what every
 * caller that may make it may see; `get` and `list` return the rest.
 *
 * Every method throws `InsufficientScopeError` if the principal lacks the scope named here, `BadUserInputError`
 * for an input that is not valid, `NotFoundError` for a user that does not exist, and
 * `ServiceUnavailableError` when the database cannot be reached. For `as` see {@link As}.
 */
export interface Users {
  /**
   * Creates a user before its first credential arrives: `write:users`. The default of `issuer` is as in `get`.
   * The grant has at most the scopes of the principal. Default of `scopes`: `defaultUserScopes`, otherwise none.
   *
   * @throws ScopesNotHeldError if the principal lacks a scope of the grant
   * @throws ConflictError if the user exists, unless the principal lacks `read:users`
   */
  create(call: As & CreateUserInput): Promise<UserOutcome>
  /** Returns one user, or `null`. A principal needs no scope for its own user, for others `read:users`. */
  get(call: GetUserCall): Promise<UserRecord | null>
  /** Lists users, newest first: `read:users`. */
  list(call: ListUsersCall): Promise<Page<UserRecord>>
  /** Changes the e-mail address or the name: `write:users`. An input that is left out changes nothing. */
  update(call: As & UpdateUserInput): Promise<UserOutcome>
  /** Refuses all credentials of the user until `reactivate`: `write:users`. */
  suspend(call: SuspendUserCall): Promise<UserOutcome>
  /** Ends a suspension: `write:users`. */
  reactivate(call: OneUserCall): Promise<UserOutcome>
  /**
   * Deletes the user and its keys: `write:users`. Its credentials are refused until `create` creates the user
   * again.
   *
   * @returns the id
   * @throws ConflictError if the user has active API keys, without `force`
   */
  delete(call: As & DeleteUserInput): Promise<string>
  /**
   * Replaces the grant: `write:grants`. `scopes: null` removes the ceiling.
   *
   * @throws ScopesNotHeldError if the grant adds a scope that the principal lacks
   */
  setScopes(call: As & SetUserScopesInput): Promise<UserOutcome>
}

export function createUsers(services: Services, authenticator: OwnAuthenticator): Users {
  /** Checks `as` first, so that no other error hides a wrong one. */
  function ask(call: As, scope: string): AnyCaller {
    const caller = callerOf(authenticator, call)
    if (caller.kind === 'principal') requireScope(authenticator, caller.principal, scope)
    return caller
  }

  return { ...reading(services, authenticator, ask), ...changing(services.users, ask) }
}

type Ask = (call: As, scope: string) => AnyCaller

function reading({ users }: Services, authenticator: OwnAuthenticator, ask: Ask) {
  return {
    async get(call) {
      const caller = callerOf(authenticator, call)
      checkInputs(call, { id: 'text', subject: 'text', issuer: 'text' })
      const user = await find(users, call)
      if (caller.kind === 'principal' && !isOwn(user, caller.principal)) {
        requireScope(authenticator, caller.principal, 'read:users')
      }
      return user && toRecord(user)
    },

    async list(call) {
      ask(call, 'read:users')
      checkInputs(call, { search: 'text', status: 'text', ...pageInputs })
      const filter = { search: call.search || null, status: checkedStatus(call.status) }
      return readPage(call, {
        isId: isUserId,
        at: (user: User) => user.createdAt,
        form: timeForm,
        list: (request) => users.list(filter, request),
        count: () => users.count(filter),
        view: (rows) => rows.map(toRecord),
      })
    },
  } satisfies Partial<Users>
}

function changing(users: UserService, ask: Ask) {
  return {
    async create(call) {
      const changes = changesBy(users, ask(call, 'write:users'))
      checkInputs(call, {
        subject: 'text!',
        issuer: 'text',
        email: 'text',
        name: 'text',
        scopes: 'texts',
      })
      return outcomeOf(changes.create(call))
    },

    async update(call) {
      const changes = changesBy(users, ask(call, 'write:users'))
      checkInputs(call, { id: 'text!', email: 'text', name: 'text' })
      return outcomeOf(changes.update(call))
    },

    async suspend(call) {
      const changes = changesBy(users, ask(call, 'write:users'))
      checkInputs(call, { id: 'text!', reason: 'text' })
      return outcomeOf(changes.suspend(call.id, call.reason))
    },

    async reactivate(call) {
      const changes = changesBy(users, ask(call, 'write:users'))
      checkInputs(call, { id: 'text!' })
      return outcomeOf(changes.reactivate(call.id))
    },

    async delete(call) {
      const changes = changesBy(users, ask(call, 'write:users'))
      checkInputs(call, { id: 'text!', force: 'boolean' })
      return changes.delete(call)
    },

    async setScopes(call) {
      const changes = changesBy(users, ask(call, 'write:grants'))
      checkInputs(call, { userId: 'text!', scopes: 'texts' })
      return outcomeOf(changes.setScopes(call))
    },
  } satisfies Partial<Users>
}

/** The changes of a caller, as an operator has them too. */
function changesBy(users: UserService, caller: AnyCaller): OperatorUserService {
  if (caller.kind === 'operator') return users.asOperator(caller.requestId)
  return {
    create: (input) => users.create(caller, input),
    update: (input) => users.update(caller, input),
    suspend: (id, reason) => users.suspend(caller, id, reason),
    reactivate: (id) => users.reactivate(caller, id),
    delete: (input) => users.delete(caller, input),
    setScopes: (input) => users.setScopes(caller, input),
  }
}

/** @throws TypeError unless the call names the user in exactly one way */
function find(users: UserService, { id, subject, issuer }: GetUserCall): Promise<User | null> {
  if (id != null && subject == null && issuer == null) return users.find(id)
  if (id == null && subject != null) return users.findBySubject(subject, issuer)
  throw new TypeError('Name the user by `id`, or by `subject` and `issuer`.')
}

function isOwn(user: User | null, { userId }: Principal): boolean {
  return user !== null && user.id === userId
}

async function outcomeOf(changed: Promise<User>): Promise<UserOutcome> {
  const { id, status } = await changed
  return { id, status }
}

function toRecord({ issuerScopes: _, ...user }: User): UserRecord {
  return user
}

function checkedStatus(status: string | null | undefined): UserStatus | null {
  if (status == null || status === 'ACTIVE' || status === 'SUSPENDED') return status ?? null
  throw new BadUserInputError('status', '`status` must be ACTIVE or SUSPENDED.')
}
