import { type AuditEvent, isEventId } from '../audit/event.ts'
import type { Builder } from './builder.ts'
import { costs } from './costs.ts'
import { connection, pageRequest } from './pages.ts'
import type { PrincipalTypes } from './principal.ts'

export function registerAuditEvents(builder: Builder, { CredentialKind }: PrincipalTypes) {
  const AuditActor = builder.objectRef<AuditEvent['actor']>('AuditActor').implement({
    description: 'Who did it. All null: an operator at the command line, or no one who is known.',
    fields: (t) => ({
      issuer: t.exposeString('issuer', { nullable: true }),
      subject: t.exposeID('subject', { nullable: true }),
      credentialKind: t.expose('credentialKind', { type: CredentialKind, nullable: true }),
      credentialId: t.exposeID('credentialId', {
        nullable: true,
        description: 'Of the key, or `jti` of the JWT.',
      }),
    }),
  })

  const AuditEventRef = builder.objectRef<AuditEvent>('AuditEvent').implement({
    description: 'Something that happened. Events are only ever added.',
    fields: (t) => ({
      id: t.exposeID('id'),
      at: t.expose('at', { type: 'DateTime' }),
      type: t.exposeString('type', { description: 'Such as `api_key.created`.' }),
      actor: t.expose('actor', { type: AuditActor }),
      targetType: t.exposeString('targetType', { nullable: true }),
      targetId: t.exposeID('targetId', { nullable: true }),
      details: t.expose('details', {
        type: 'JSONObject',
        extensions: costs.json,
        description: 'What was and what is now, as `{from, to}` of each field; never a secret.',
      }),
      requestId: t.exposeString('requestId', {
        nullable: true,
        description: '`X-Request-Id` of the answer to the request that did it.',
      }),
    }),
  })

  const AuditEventFilter = builder.inputType('AuditEventFilter', {
    description: 'All that are given must fit.',
    fields: (t) => ({
      types: t.stringList({ description: 'Any of these types.' }),
      actorSubject: t.id(),
      targetId: t.id(),
      since: t.field({ type: 'DateTime', description: 'At that moment or later.' }),
      until: t.field({ type: 'DateTime', description: 'Before that moment.' }),
    }),
  })

  const AuditEventConnection = builder.connectionObject(
    {
      type: AuditEventRef,
      name: 'AuditEventConnection',
    },
    { name: 'AuditEventEdge' },
  )

  builder.queryField('auditEvents', (t) =>
    t.connection(
      {
        type: AuditEventRef,
        requiresScopes: 'read:audit',
        description: 'What happened to users, grants and keys, newest first.',
        args: { filter: t.arg({ type: AuditEventFilter }) },
        resolve: async (_root, { filter, ...args }, { services, turns }) => {
          const request = pageRequest(args, isEventId)
          const wanted = filter ?? {}
          const page = await turns.take(() => services.audit.list(wanted, request))
          return connection(
            page,
            request,
            (event) => event.at,
            () => services.audit.count(wanted),
          )
        },
      },
      AuditEventConnection,
    ),
  )
}
