/**
 * The triggers that send notifications of changes, or apply a change to the descendants of a key
 * (`drizzle/`).
 */
export const changeTriggers = [
  'api_keys_after_update',
  'api_keys_before_update',
  'api_keys_notify',
  'api_keys_notify_truncate',
  'api_keys_notify_update',
  'users_before_write',
  'users_notify',
  'users_notify_signed_out_tokens',
  'users_notify_truncate',
  'users_notify_update',
]
