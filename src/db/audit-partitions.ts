import type { SchemaNames } from './schema-names.ts'

/** The number of future months for which the audit trail has partitions. */
const months = 12

/**
 * Asks whether the role may create partitions of the audit trail. A role that may not leaves them to
 * `latchkey migrate`; until then the rows of a month without a partition go to the default partition.
 */
export const mayMakePartitions = ({ quoted }: SchemaNames) =>
  `select has_function_privilege('${quoted}.ensure_audit_partitions(int)', 'execute') as may`

export const makePartitions = ({ quoted }: SchemaNames) =>
  `select ${quoted}.ensure_audit_partitions(${months})`
