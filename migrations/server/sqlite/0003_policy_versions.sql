-- Every calendar file that was put in force.
-- The twin of ../postgres/0003_policy_versions.sql: same tables, same columns, same order.

CREATE TABLE calendar_versions (
    number       INTEGER NOT NULL PRIMARY KEY,
    digest       BLOB NOT NULL,
    file_name    TEXT NOT NULL,
    source       TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    published_by BLOB
) STRICT;

CREATE TRIGGER calendar_versions_keep BEFORE UPDATE ON calendar_versions
    BEGIN SELECT RAISE(ABORT, 'calendar_versions is append-only'); END;
CREATE TRIGGER calendar_versions_stay BEFORE DELETE ON calendar_versions
    BEGIN SELECT RAISE(ABORT, 'calendar_versions is append-only'); END;
