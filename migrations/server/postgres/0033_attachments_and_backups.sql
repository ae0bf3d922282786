-- Files that come with what is said about a finding or an objection, sealed. `hash`: SHA-256 of the file as it came.
-- And what became of backups, as the commands noted it.
-- The twin of ../sqlite/0033_attachments_and_backups.sql: same tables, same columns, same order.

CREATE TABLE attachments (
    id         UUID NOT NULL PRIMARY KEY,
    canteen    UUID NOT NULL REFERENCES canteens (id),
    finding    TEXT,
    objection  UUID REFERENCES objections (id),
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png', 'application/pdf')),
    size       BIGINT NOT NULL,
    hash       BYTEA NOT NULL,
    sealed     BYTEA NOT NULL,
    by_user    UUID NOT NULL REFERENCES users (id),
    at         BIGINT NOT NULL,
    CHECK ((finding IS NULL) <> (objection IS NULL))
);
CREATE INDEX attachments_by_finding ON attachments (canteen, finding);
CREATE INDEX attachments_by_objection ON attachments (objection);

CREATE TRIGGER attachments_keep BEFORE UPDATE OR DELETE ON attachments FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER attachments_stay BEFORE TRUNCATE ON attachments FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- `made_at`: the state of the office that the backup holds. A drill restores a backup elsewhere and verifies everything.
CREATE TABLE backup_notes (
    number   BIGINT NOT NULL PRIMARY KEY,
    what     TEXT NOT NULL CHECK (what IN ('backup', 'drill')),
    made_at  BIGINT NOT NULL,
    digest   BYTEA NOT NULL,
    of_rows  BIGINT NOT NULL,
    bytes    BIGINT,
    took_ms  BIGINT NOT NULL,
    breaks   BIGINT NOT NULL,
    file     TEXT NOT NULL,
    noted_at BIGINT NOT NULL
);

CREATE TRIGGER backup_notes_keep BEFORE UPDATE OR DELETE ON backup_notes FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER backup_notes_stay BEFORE TRUNCATE ON backup_notes FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
