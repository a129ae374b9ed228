-- Who remembers credentials, for those who wait until all have heard of a change. Logged: a node that is
-- cut off must still be known of after a crash. A row is replaced several times in a second, so it is
-- given room to be replaced in place.
CREATE TABLE "latchkey"."nodes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"max_staleness_ms" integer NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL
) WITH (fillfactor = 50);
