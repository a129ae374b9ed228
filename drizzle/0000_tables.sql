CREATE SCHEMA IF NOT EXISTS "latchkey";
--> statement-breakpoint
CREATE TABLE "latchkey"."api_keys" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"owner_id" uuid NOT NULL,
	"parent_id" text COLLATE "C",
	"name" text NOT NULL,
	"description" text,
	"scopes" text[] NOT NULL,
	"lineage_scopes" text[] DEFAULT '{}' NOT NULL,
	"metadata" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"secret_hash" "bytea" NOT NULL,
	"previous_secret_hash" "bytea",
	"previous_expires_at" timestamp (3) with time zone,
	"previous_last_used_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"lineage_expires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"rotated_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"revoked_reason" text,
	"depth" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "api_keys_depth_check" CHECK ("latchkey"."api_keys"."depth" between 0 and 8),
	CONSTRAINT "api_keys_expires_at_check" CHECK ("latchkey"."api_keys"."expires_at" between '1970-01-01Z' and '9999-12-31Z'),
	CONSTRAINT "api_keys_previous_expires_at_check" CHECK ("latchkey"."api_keys"."previous_expires_at" between '1970-01-01Z' and '9999-12-31Z'),
	CONSTRAINT "api_keys_revoked_at_check" CHECK ("latchkey"."api_keys"."revoked_at" between '1970-01-01Z' and '9999-12-31Z'),
	CONSTRAINT "api_keys_metadata_check" CHECK (jsonb_typeof("latchkey"."api_keys"."metadata") = 'object'),
	CONSTRAINT "api_keys_revoked_reason_check" CHECK (length("latchkey"."api_keys"."revoked_reason") <= 1000)
);
--> statement-breakpoint
CREATE TABLE "latchkey"."audit_events" (
	"id" bigserial NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"type" text NOT NULL,
	"actor_issuer" text,
	"actor_subject" text,
	"actor_credential_kind" text,
	"actor_credential_id" text,
	"target_type" text,
	"target_id" text,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"request_id" text,
	CONSTRAINT "audit_events_at_id_pk" PRIMARY KEY("at","id")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "latchkey"."deleted_users" (
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"scopes" text[],
	"deleted_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "deleted_users_issuer_subject_pk" PRIMARY KEY("issuer","subject")
);
--> statement-breakpoint
CREATE TABLE "latchkey"."users" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"issuer" text NOT NULL,
	"subject" text NOT NULL,
	"email" text,
	"name" text,
	"status" text DEFAULT 'ACTIVE' NOT NULL,
	"scopes" text[],
	"issuer_grants" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"issuer_scopes" text[],
	"signed_out_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_issuer_subject_key" UNIQUE("issuer","subject"),
	CONSTRAINT "users_status_check" CHECK ("latchkey"."users"."status" in ('ACTIVE', 'SUSPENDED')),
	CONSTRAINT "users_subject_check" CHECK (length("latchkey"."users"."subject") between 1 and 255),
	CONSTRAINT "users_issuer_check" CHECK (length("latchkey"."users"."issuer") between 1 and 2048),
	CONSTRAINT "users_signed_out_at_check" CHECK ("latchkey"."users"."signed_out_at" between '1970-01-01Z' and '9999-12-31Z'),
	CONSTRAINT "users_issuer_grants_check" CHECK (jsonb_typeof("latchkey"."users"."issuer_grants") = 'object')
);
--> statement-breakpoint
ALTER TABLE "latchkey"."api_keys" ADD CONSTRAINT "api_keys_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "latchkey"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "latchkey"."api_keys" ADD CONSTRAINT "api_keys_parent_id_api_keys_id_fk" FOREIGN KEY ("parent_id") REFERENCES "latchkey"."api_keys"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_keys_owner_newest_idx" ON "latchkey"."api_keys" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "api_keys_owner_unrevoked_idx" ON "latchkey"."api_keys" USING btree ("owner_id","created_at","id") WHERE "latchkey"."api_keys"."revoked_at" is null;--> statement-breakpoint
CREATE INDEX "api_keys_parent_idx" ON "latchkey"."api_keys" USING btree ("parent_id") WHERE "latchkey"."api_keys"."parent_id" is not null;--> statement-breakpoint
CREATE INDEX "audit_events_type_idx" ON "latchkey"."audit_events" USING btree ("type","at","id");--> statement-breakpoint
CREATE INDEX "audit_events_target_idx" ON "latchkey"."audit_events" USING btree ("target_id","at","id");--> statement-breakpoint
CREATE INDEX "audit_events_actor_idx" ON "latchkey"."audit_events" USING btree ("actor_subject","at","id");--> statement-breakpoint
CREATE INDEX "users_newest_idx" ON "latchkey"."users" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "users_status_newest_idx" ON "latchkey"."users" USING btree ("status","created_at","id");--> statement-breakpoint
CREATE INDEX "users_subject_prefix_idx" ON "latchkey"."users" USING btree (lower("subject") text_pattern_ops);--> statement-breakpoint
CREATE INDEX "users_email_prefix_idx" ON "latchkey"."users" USING btree (lower("email") text_pattern_ops);--> statement-breakpoint
CREATE INDEX "users_name_prefix_idx" ON "latchkey"."users" USING btree (lower("name") text_pattern_ops);