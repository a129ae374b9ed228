-- compatible-from: 0005_nodes
-- The same functions with clearer messages. A child key stores which of its scopes and how much of its
-- lifetime its ancestors allow, so that one lookup decides.
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
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION latchkey.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is append-only: % refused', TG_OP
    USING ERRCODE = 'insufficient_privilege',
      HINT = 'To remove old events, detach or drop the partitions of past months.';
END $$;
