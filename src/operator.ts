/**
 * Stands for the operator as the caller of `keys` and `users` of `connectLatchkey`: no scope limits the call,
 * and the audit trail records it without a user, like a command of an operator. Never choose it because a
 * request has no principal.
 */
export const operator: unique symbol = Symbol('operator')
