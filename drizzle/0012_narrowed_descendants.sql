-- compatible-from: 0005_nodes
-- A child key keeps no scope that its parent loses, so that widening the parent later gives the child nothing
-- back. A child whose parent loses all of the child's scopes stays, without any.
ALTER TABLE "latchkey"."api_keys" DROP CONSTRAINT "api_keys_scopes_check";
--> statement-breakpoint
ALTER TABLE "latchkey"."api_keys" ADD CONSTRAINT "api_keys_scopes_check" CHECK ((cardinality("latchkey"."api_keys"."scopes") > 0 or "latchkey"."api_keys"."parent_id" is not null) and array_position("latchkey"."api_keys"."scopes", '') is null and array_position("latchkey"."api_keys"."scopes", null) is null or "latchkey"."api_keys"."revoked_at" is not null);
--> statement-breakpoint
-- As in 0011, and with the scopes of a child.
CREATE OR REPLACE FUNCTION latchkey.api_keys_before_write() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  parent record;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.id <> OLD.id OR NEW.owner_id <> OLD.owner_id
      OR NEW.parent_id IS DISTINCT FROM OLD.parent_id THEN
      RAISE EXCEPTION 'the id, owner and parent of an API key cannot be changed: revoke the key and create another'
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL THEN
      RAISE EXCEPTION 'a revoked API key stays revoked: create another'
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END IF;

  IF NEW.parent_id IS NULL THEN
    NEW.lineage_scopes := ARRAY(
      SELECT DISTINCT scope COLLATE "C" FROM unnest(NEW.scopes) AS scope ORDER BY 1
    );
    NEW.lineage_expires_at := NEW.expires_at;
    NEW.depth := 0;
    RETURN NEW;
  END IF;

  -- With the lock, this waits for a concurrent change of the parent, and that change waits for this.
  SELECT owner_id, lineage_scopes, lineage_expires_at, revoked_at, revoked_reason, depth
    INTO parent FROM latchkey.api_keys WHERE id = NEW.parent_id FOR SHARE;
  IF NOT FOUND OR parent.owner_id <> NEW.owner_id THEN
    RAISE EXCEPTION 'the parent of an API key must be an existing key of the same owner'
      USING ERRCODE = 'foreign_key_violation';
  END IF;
  NEW.lineage_scopes := ARRAY(
    SELECT DISTINCT scope COLLATE "C" FROM unnest(NEW.scopes) AS scope
    WHERE scope = ANY (parent.lineage_scopes) ORDER BY 1
  );
  NEW.lineage_expires_at := least(NEW.expires_at, parent.lineage_expires_at);
  NEW.depth := parent.depth + 1;
  IF NEW.revoked_at IS NULL AND parent.revoked_at IS NOT NULL THEN
    NEW.revoked_at := parent.revoked_at;
    NEW.revoked_reason := parent.revoked_reason;
  END IF;
  IF NEW.revoked_at IS NULL THEN
    -- The statement sets the scopes itself. A change of the parent does not. A row without scopes may be
    -- inserted: a key that has lost them all, which is restored or moved to another owner.
    IF (TG_OP = 'INSERT' OR NEW.scopes IS DISTINCT FROM OLD.scopes)
      AND ((cardinality(NEW.lineage_scopes) = 0 AND (TG_OP = 'UPDATE' OR cardinality(NEW.scopes) > 0))
        OR array_position(NEW.scopes, '') IS NOT NULL
        OR array_position(NEW.scopes, NULL) IS NOT NULL) THEN
      RAISE EXCEPTION 'a child key must have at least one scope, and only scopes with a name that its parent has (api_keys_scopes_check)'
        USING ERRCODE = 'check_violation';
    END IF;
    NEW.scopes := NEW.lineage_scopes;
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
-- Keys that were narrowed before: the trigger removes the scopes that had no effect.
UPDATE latchkey.api_keys SET lineage_scopes = lineage_scopes
  WHERE parent_id IS NOT NULL AND revoked_at IS NULL AND NOT scopes <@ lineage_scopes;
