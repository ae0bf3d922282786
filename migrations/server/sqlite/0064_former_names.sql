-- What regions and their offices were called before: papers that were approved under a name say it for ever. Of renamings
-- before this nothing is known; papers of then say today's names.
-- The twin of ../postgres/0064_former_names.sql: same tables, same columns, same order.

CREATE TABLE former_names (
    region TEXT NOT NULL REFERENCES regions (code),
    -- Until then, unix ms.
    at     INTEGER NOT NULL,
    name   TEXT NOT NULL,
    office TEXT NOT NULL,
    PRIMARY KEY (region, at)
) STRICT;

CREATE TRIGGER former_names_keep BEFORE UPDATE ON former_names
    BEGIN SELECT RAISE(ABORT, 'former_names is append-only'); END;
CREATE TRIGGER former_names_stay BEFORE DELETE ON former_names
    BEGIN SELECT RAISE(ABORT, 'former_names is append-only'); END;
