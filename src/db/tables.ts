/*
 * The tables as the queries see them. Triggers keep them consistent for every writer: the lineage of
 * keys, the grant of the issuer, tombstones, the append-only audit trail. The triggers and the
 * partitions of `audit_events` are in `drizzle/`.
 */
export { apiKeyScopeUses, apiKeys } from './tables/api-keys.ts'
export { auditEvents } from './tables/audit-events.ts'
export { nodes } from './tables/nodes.ts'
export { pageSessions } from './tables/page-sessions.ts'
export { latchkey } from './tables/schema.ts'
export {
  deletedUsers,
  type IssuerGrants,
  type SignedOutTokens,
  users,
} from './tables/users.ts'
