/** How many months ahead the audit trail has partitions. */
const months = 12

/**
 * Whether the role may make partitions of the audit trail. Where it may not, `latchkey migrate` makes
 * them; until then rows of a month without one go to the default partition.
 */
export const mayMakePartitions =
  "select has_function_privilege('latchkey.ensure_audit_partitions(int)', 'execute') as may"

export const makePartitions = `select latchkey.ensure_audit_partitions(${months})`
