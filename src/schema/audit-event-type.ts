import { type AuditEvent, eventTypes } from '../audit/event.ts'
import type { Builder } from './builder.ts'
import { costs } from './costs.ts'
import type { CredentialKindRef } from './principal.ts'

export function registerAuditEventType(builder: Builder, CredentialKind: CredentialKindRef) {
  const AuditActor = builder.objectRef<AuditEvent['actor']>('AuditActor').implement({
    description:
      'The principal that caused an audit event. All fields are null for an operator at the command line and for a refused credential.',
    fields: (t) => ({
      issuer: t.exposeString('issuer', {
        nullable: true,
        description: 'The issuer of the user who caused the event.',
      }),
      subject: t.exposeID('subject', {
        nullable: true,
        description: 'The subject of the user who caused the event.',
      }),
      credentialKind: t.expose('credentialKind', {
        type: CredentialKind,
        nullable: true,
        description: 'The kind of the credential that was used.',
      }),
      credentialId: t.exposeID('credentialId', {
        nullable: true,
        description:
          'The public id of the API key that was used, or the `jti` of the JWT. Null for a JWT without `jti`, for a session, and for an event that the acceptance of a JWT or session causes: a new user, or a change of the `grantClaim`.',
      }),
    }),
  })

  return builder.objectRef<AuditEvent>('AuditEvent').implement({
    description:
      'An event of the audit trail: a change to a user, a grant or an API key, or refused credentials. Events never change.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The id of the event.' }),
      at: t.expose('at', { type: 'DateTime', description: 'The time of the event.' }),
      type: t.exposeString('type', {
        description: `The type of the event: ${eventTypes.map((type) => `\`${type}\``).join(', ')}. Later versions may add types.`,
      }),
      actor: t.expose('actor', {
        type: AuditActor,
        description: 'The principal that caused the event.',
      }),
      targetType: t.exposeString('targetType', {
        nullable: true,
        description:
          'The kind of object that the event is about: `user` or `api_key`. Null for a refused credential that belongs to no known key.',
      }),
      targetId: t.exposeID('targetId', {
        nullable: true,
        description:
          'The id of the user or API key that the event is about. Null if `targetType` is null.',
      }),
      details: t.expose('details', {
        type: 'JSONObject',
        extensions: costs.json,
        description:
          'The facts of the event, which depend on its type. They never contain a secret. A changed field has the value `{from, to}`: the values before and after the change.\n\nOne event `credential.refused` stands for all refusals with the same reason, address and key that one node counts within 10 seconds. It has the members `reason`, `sourceAddress`, `count` and `since`, the time of the first refusal.',
      }),
      requestId: t.exposeString('requestId', {
        nullable: true,
        description:
          'The `X-Request-Id` of the response to the request that caused the event; for several refusals, to the first request. Null for an operator at the command line, and for an event that the acceptance of a JWT causes: a new user, or a change of the `grantClaim`.',
      }),
    }),
  })
}

export function registerAuditEventFilter(builder: Builder) {
  return builder.inputType('AuditEventFilter', {
    description: 'The conditions of `auditEvents`. An event must meet all that are given.',
    fields: (t) => ({
      types: t.stringList({
        description:
          'The event has one of these types, see `AuditEvent.type`. An empty list matches no event.',
      }),
      actorSubject: t.id({ description: 'The subject of the user who caused the event.' }),
      targetId: t.id({ description: 'The id of the user or API key that the event is about.' }),
      since: t.field({
        type: 'DateTime',
        description: 'The event happened at this time or later.',
      }),
      until: t.field({ type: 'DateTime', description: 'The event happened before this time.' }),
    }),
  })
}
