-- A key that opens nothing is a mistake, and so is a scope without a name: neither may be written by hand.
UPDATE latchkey.api_keys SET scopes = array_remove(array_remove(scopes, ''), NULL)
  WHERE array_position(scopes, '') IS NOT NULL OR array_position(scopes, NULL) IS NOT NULL;
--> statement-breakpoint
UPDATE latchkey.api_keys SET revoked_at = now(), revoked_reason = 'It had no scope.'
  WHERE cardinality(scopes) = 0 AND revoked_at IS NULL;
--> statement-breakpoint
ALTER TABLE "latchkey"."api_keys" ADD CONSTRAINT "api_keys_scopes_check" CHECK (cardinality("latchkey"."api_keys"."scopes") > 0 and array_position("latchkey"."api_keys"."scopes", '') is null and array_position("latchkey"."api_keys"."scopes", null) is null or "latchkey"."api_keys"."revoked_at" is not null);
