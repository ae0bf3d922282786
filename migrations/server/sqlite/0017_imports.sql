-- Lists that were imported: the file as it came, sealed; what was found in it; and for whatever was taken from one the
-- import and the row.
-- The twin of ../postgres/0017_imports.sql: same tables, same columns, same order.

CREATE TABLE imports (
    id           BLOB NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL,
    file_name    TEXT NOT NULL,
    digest       BLOB NOT NULL,
    size         INTEGER NOT NULL,
    region       TEXT,
    elder_region TEXT,
    state        TEXT NOT NULL CHECK (state IN ('checking', 'checked', 'unreadable', 'applied')),
    result       TEXT,
    made_by      BLOB REFERENCES users (id),
    made_at      INTEGER NOT NULL,
    applied_by   BLOB REFERENCES users (id),
    applied_at   INTEGER,
    CHECK ((state = 'applied') = (applied_at IS NOT NULL))
) STRICT;
CREATE INDEX imports_by_time ON imports (made_at);
CREATE INDEX imports_by_digest ON imports (digest);

CREATE TABLE import_files (
    import BLOB NOT NULL REFERENCES imports (id),
    number INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (import, number)
) STRICT;

CREATE TABLE import_problems (
    import BLOB NOT NULL REFERENCES imports (id),
    number INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (import, number)
) STRICT;

ALTER TABLE elders ADD COLUMN import_id BLOB;
ALTER TABLE elders ADD COLUMN import_place TEXT;
ALTER TABLE elder_facts ADD COLUMN import_id BLOB;
ALTER TABLE elder_facts ADD COLUMN import_place TEXT;
ALTER TABLE canteens ADD COLUMN import_id BLOB;
ALTER TABLE canteens ADD COLUMN import_place TEXT;
ALTER TABLE canteen_facts ADD COLUMN import_id BLOB;
ALTER TABLE canteen_facts ADD COLUMN import_place TEXT;
ALTER TABLE prices ADD COLUMN import_id BLOB;
ALTER TABLE prices ADD COLUMN import_place TEXT;

CREATE TRIGGER imports_keep BEFORE UPDATE ON imports WHEN OLD.state = 'applied'
    BEGIN SELECT RAISE(ABORT, 'an applied import is append-only'); END;
CREATE TRIGGER imports_stay BEFORE DELETE ON imports WHEN OLD.state = 'applied'
    BEGIN SELECT RAISE(ABORT, 'an applied import is append-only'); END;
CREATE TRIGGER import_files_keep BEFORE UPDATE ON import_files
    BEGIN SELECT RAISE(ABORT, 'import_files is append-only'); END;
