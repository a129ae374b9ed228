-- compatible-from: 0005_nodes
-- The health of keys over all users is read from indexes. Triggers maintain three columns for them, which
-- change rarely: an index on a column that each use writes would prevent that uses are written in place (HOT).
-- last_used_floor: never later than the last use, and at most 7 days before it; for a key without a use, the
-- creation. used_scopes: the number of scopes of the key that requests have needed.
-- No statement here writes the rows: a key from before has the floor -infinity until its next use, or until the
-- server fills its columns, in small transactions.
ALTER TABLE "latchkey"."api_keys" ADD COLUMN "last_used_floor" timestamp (3) with time zone DEFAULT '-infinity' NOT NULL, ADD COLUMN "previous_used" boolean DEFAULT false NOT NULL, ADD COLUMN "used_scopes" integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE "latchkey"."api_keys" ALTER COLUMN "last_used_floor" SET DEFAULT now();
--> statement-breakpoint
CREATE FUNCTION latchkey.api_keys_health() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  used timestamptz := coalesce(NEW.last_used_at, NEW.created_at);
BEGIN
  NEW.previous_used := NEW.previous_last_used_at IS NOT NULL;
  IF TG_OP = 'INSERT'
    OR used NOT BETWEEN OLD.last_used_floor AND OLD.last_used_floor + interval '7 days' THEN
    NEW.last_used_floor := used;
  END IF;
  IF TG_OP = 'INSERT' THEN
    NEW.used_scopes := 0;
  ELSIF NEW.scopes IS DISTINCT FROM OLD.scopes OR OLD.last_used_floor = '-infinity' THEN
    NEW.used_scopes := (
      SELECT count(*) FROM latchkey.api_key_scope_uses
      WHERE key_id = NEW.id AND scope = ANY (NEW.scopes)
    );
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
-- Triggers of one kind fire in the order of their names: these come after those that set the scopes of a child.
CREATE TRIGGER api_keys_health_insert BEFORE INSERT ON latchkey.api_keys
  FOR EACH ROW EXECUTE FUNCTION latchkey.api_keys_health();
--> statement-breakpoint
CREATE TRIGGER api_keys_health_update BEFORE UPDATE ON latchkey.api_keys
  FOR EACH ROW
  WHEN (
    NEW.scopes IS DISTINCT FROM OLD.scopes
    OR (NEW.previous_last_used_at IS NULL) = OLD.previous_used
    OR coalesce(NEW.last_used_at, NEW.created_at)
      NOT BETWEEN OLD.last_used_floor AND OLD.last_used_floor + interval '7 days'
  )
  EXECUTE FUNCTION latchkey.api_keys_health();
--> statement-breakpoint
-- Only the first use of a scope inserts a row.
CREATE FUNCTION latchkey.api_key_scope_uses_count() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  UPDATE latchkey.api_keys AS key
  SET used_scopes = (
    SELECT count(*) FROM latchkey.api_key_scope_uses AS used
    WHERE used.key_id = key.id AND used.scope = ANY (key.scopes)
  )
  WHERE key.id = ANY (ARRAY(SELECT key_id FROM added));
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER api_key_scope_uses_count AFTER INSERT ON latchkey.api_key_scope_uses
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION latchkey.api_key_scope_uses_count();
--> statement-breakpoint
CREATE INDEX "api_keys_idle_idx" ON "latchkey"."api_keys" USING btree ("last_used_floor","id") WHERE "latchkey"."api_keys"."revoked_at" is null and "latchkey"."api_keys"."secret_hash" <> '';--> statement-breakpoint
CREATE INDEX "api_keys_unused_scopes_idx" ON "latchkey"."api_keys" USING btree ("created_at","id") WHERE "latchkey"."api_keys"."revoked_at" is null and "latchkey"."api_keys"."secret_hash" <> '' and "latchkey"."api_keys"."used_scopes" > 0 and "latchkey"."api_keys"."used_scopes" < cardinality("latchkey"."api_keys"."scopes");--> statement-breakpoint
CREATE INDEX "api_keys_previous_used_idx" ON "latchkey"."api_keys" USING btree ("previous_expires_at","id") WHERE "latchkey"."api_keys"."revoked_at" is null and "latchkey"."api_keys"."previous_used";
