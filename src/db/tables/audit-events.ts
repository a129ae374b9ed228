import { bigserial, index, jsonb, primaryKey, text } from 'drizzle-orm/pg-core'
import type { JsonObject } from '../../json.ts'
import { instant } from './columns.ts'
import { latchkey } from './schema.ts'

/** The audit trail, partitioned by month. A trigger refuses to change or delete its rows. */
export const auditEvents = latchkey.table(
  'audit_events',
  {
    id: bigserial('id', { mode: 'bigint' }).notNull(),
    at: instant('at').notNull().defaultNow(),
    type: text('type').notNull(),
    actorIssuer: text('actor_issuer'),
    actorSubject: text('actor_subject'),
    actorCredentialKind: text('actor_credential_kind', {
      enum: ['API_KEY', 'JWT', 'SESSION'],
    }),
    actorCredentialId: text('actor_credential_id'),
    targetType: text('target_type', { enum: ['user', 'api_key'] }),
    targetId: text('target_id'),
    details: jsonb('details').$type<JsonObject>().notNull().default({}),
    requestId: text('request_id'),
  },
  (table) => [
    primaryKey({ columns: [table.at, table.id] }),
    index('audit_events_type_idx').on(table.type, table.at, table.id),
    index('audit_events_target_idx').on(table.targetId, table.at, table.id),
    index('audit_events_actor_idx').on(table.actorSubject, table.at, table.id),
  ],
)
