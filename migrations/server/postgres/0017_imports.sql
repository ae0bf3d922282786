-- Lists that were imported: the file as it came, sealed; what was found in it; and for whatever was taken from one the
-- import and the row.
-- The twin of ../sqlite/0017_imports.sql: same tables, same columns, same order.

CREATE TABLE imports (
    id           UUID NOT NULL PRIMARY KEY,
    kind         TEXT NOT NULL,
    file_name    TEXT NOT NULL,
    digest       BYTEA NOT NULL,
    size         BIGINT NOT NULL,
    region       TEXT,
    elder_region TEXT,
    state        TEXT NOT NULL CHECK (state IN ('checking', 'checked', 'unreadable', 'applied')),
    result       TEXT,
    made_by      UUID REFERENCES users (id),
    made_at      BIGINT NOT NULL,
    applied_by   UUID REFERENCES users (id),
    applied_at   BIGINT,
    CHECK ((state = 'applied') = (applied_at IS NOT NULL))
);
CREATE INDEX imports_by_time ON imports (made_at);
CREATE INDEX imports_by_digest ON imports (digest);

CREATE TABLE import_files (
    import UUID NOT NULL REFERENCES imports (id),
    number BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (import, number)
);

CREATE TABLE import_problems (
    import UUID NOT NULL REFERENCES imports (id),
    number BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (import, number)
);

ALTER TABLE elders ADD COLUMN import_id UUID;
ALTER TABLE elders ADD COLUMN import_place TEXT;
ALTER TABLE elder_facts ADD COLUMN import_id UUID;
ALTER TABLE elder_facts ADD COLUMN import_place TEXT;
ALTER TABLE canteens ADD COLUMN import_id UUID;
ALTER TABLE canteens ADD COLUMN import_place TEXT;
ALTER TABLE canteen_facts ADD COLUMN import_id UUID;
ALTER TABLE canteen_facts ADD COLUMN import_place TEXT;
ALTER TABLE prices ADD COLUMN import_id UUID;
ALTER TABLE prices ADD COLUMN import_place TEXT;

CREATE TRIGGER imports_keep BEFORE UPDATE OR DELETE ON imports
FOR EACH ROW WHEN (OLD.state = 'applied') EXECUTE FUNCTION refuse_settled_change('an applied import is append-only');
CREATE TRIGGER import_files_keep BEFORE UPDATE ON import_files
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('import_files is append-only');
