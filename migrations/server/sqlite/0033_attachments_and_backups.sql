-- Files that come with what is said about a finding or an objection, sealed. `hash`: SHA-256 of the file as it came.
-- And what became of backups, as the commands noted it.
-- The twin of ../postgres/0033_attachments_and_backups.sql: same tables, same columns, same order.

CREATE TABLE attachments (
    id         BLOB NOT NULL PRIMARY KEY,
    canteen    BLOB NOT NULL REFERENCES canteens (id),
    finding    TEXT,
    objection  BLOB REFERENCES objections (id),
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png', 'application/pdf')),
    size       INTEGER NOT NULL,
    hash       BLOB NOT NULL,
    sealed     BLOB NOT NULL,
    by_user    BLOB NOT NULL REFERENCES users (id),
    at         INTEGER NOT NULL,
    CHECK ((finding IS NULL) <> (objection IS NULL))
) STRICT;
CREATE INDEX attachments_by_finding ON attachments (canteen, finding);
CREATE INDEX attachments_by_objection ON attachments (objection);

CREATE TRIGGER attachments_keep BEFORE UPDATE ON attachments
    BEGIN SELECT RAISE(ABORT, 'attachments is append-only'); END;
CREATE TRIGGER attachments_stay BEFORE DELETE ON attachments
    BEGIN SELECT RAISE(ABORT, 'attachments is append-only'); END;

-- `made_at`: the state of the office that the backup holds. A drill restores a backup elsewhere and verifies everything.
CREATE TABLE backup_notes (
    number   INTEGER NOT NULL PRIMARY KEY,
    what     TEXT NOT NULL CHECK (what IN ('backup', 'drill')),
    made_at  INTEGER NOT NULL,
    digest   BLOB NOT NULL,
    of_rows  INTEGER NOT NULL,
    bytes    INTEGER,
    took_ms  INTEGER NOT NULL,
    breaks   INTEGER NOT NULL,
    file     TEXT NOT NULL,
    noted_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER backup_notes_keep BEFORE UPDATE ON backup_notes
    BEGIN SELECT RAISE(ABORT, 'backup_notes is append-only'); END;
CREATE TRIGGER backup_notes_stay BEFORE DELETE ON backup_notes
    BEGIN SELECT RAISE(ABORT, 'backup_notes is append-only'); END;
