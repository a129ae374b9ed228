-- compatible-from: 0005_nodes
-- Indexes on present columns come first: while one is built, keys can be read. Each ALTER TABLE keeps everyone
-- out until the end of the transaction.
-- Lists of one owner's keys by name or expiry, and the search by the beginning of a name.
CREATE INDEX "api_keys_owner_name_idx" ON "latchkey"."api_keys" USING btree (("owner_id"::text),lower("name") collate "C","id");--> statement-breakpoint
CREATE INDEX "api_keys_owner_expiry_idx" ON "latchkey"."api_keys" USING btree (("owner_id"::text),coalesce("lineage_expires_at", 'infinity'::timestamptz),"id");--> statement-breakpoint
-- The health of the keys of all users, see 0015.
CREATE INDEX "api_keys_unexpiring_idx" ON "latchkey"."api_keys" USING btree ("created_at","id") WHERE "latchkey"."api_keys"."revoked_at" is null and "latchkey"."api_keys"."lineage_expires_at" is null;--> statement-breakpoint
CREATE INDEX "api_keys_expiring_idx" ON "latchkey"."api_keys" USING btree ("lineage_expires_at","id") WHERE "latchkey"."api_keys"."revoked_at" is null and "latchkey"."api_keys"."lineage_expires_at" is not null;--> statement-breakpoint
-- The address and the user agent of the client that last used each secret of a key. No index has these columns,
-- so a use still replaces the row in place (HOT).
ALTER TABLE "latchkey"."api_keys" ADD COLUMN "previous_last_used_address" text;--> statement-breakpoint
ALTER TABLE "latchkey"."api_keys" ADD COLUMN "previous_last_used_agent" text;--> statement-breakpoint
ALTER TABLE "latchkey"."api_keys" ADD COLUMN "last_used_address" text;--> statement-breakpoint
ALTER TABLE "latchkey"."api_keys" ADD COLUMN "last_used_agent" text;
--> statement-breakpoint
-- As in 0003. A change of a key that its owner can see is also sent with the owner and the kind of the change, for
-- subscriptions. Without a limit, one transaction could fill the queue of notifications.
CREATE OR REPLACE FUNCTION latchkey.notify_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  told int := coalesce(nullif(current_setting('latchkey.changes_told', true), ''), '0')::int + 1;
  seen text;
BEGIN
  IF told <= 100 THEN
    PERFORM pg_notify('latchkey_changes', TG_ARGV[0] || ' ' ||
      CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END);
    IF TG_ARGV[0] = 'key' AND TG_OP <> 'DELETE' THEN
      seen := CASE
        WHEN TG_OP = 'INSERT' THEN 'CREATED'
        WHEN NEW.revoked_at IS NOT NULL AND OLD.revoked_at IS NULL THEN 'REVOKED'
        WHEN NEW.rotated_at IS DISTINCT FROM OLD.rotated_at THEN 'ROTATED'
        WHEN (NEW.name, NEW.description, NEW.metadata, NEW.scopes, NEW.lineage_scopes, NEW.expires_at,
            NEW.lineage_expires_at, NEW.revoked_reason, NEW.previous_expires_at)
          IS DISTINCT FROM
          (OLD.name, OLD.description, OLD.metadata, OLD.scopes, OLD.lineage_scopes, OLD.expires_at,
            OLD.lineage_expires_at, OLD.revoked_reason, OLD.previous_expires_at)
          THEN 'UPDATED'
      END;
      IF seen IS NOT NULL THEN
        PERFORM pg_notify('latchkey_events', NEW.owner_id || ' ' || seen || ' ' || NEW.id);
      END IF;
    END IF;
  ELSIF told = 101 THEN
    PERFORM pg_notify('latchkey_changes', 'everything');
    PERFORM pg_notify('latchkey_events', 'everything');
  END IF;
  IF told <= 101 THEN
    PERFORM set_config('latchkey.changes_told', told::text, true);
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Columns on which no decision depends. The trigger does not run for a use.
CREATE TRIGGER api_keys_notify_details AFTER UPDATE OF description, metadata ON latchkey.api_keys
  FOR EACH ROW
  WHEN ((NEW.description, NEW.metadata) IS DISTINCT FROM (OLD.description, OLD.metadata))
  EXECUTE FUNCTION latchkey.notify_change('key');
--> statement-breakpoint
-- For changes by logical replication too.
ALTER TABLE latchkey.api_keys ENABLE ALWAYS TRIGGER api_keys_notify_details;
