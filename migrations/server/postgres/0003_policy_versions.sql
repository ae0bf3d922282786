-- Every calendar file that was put in force.
-- The twin of ../sqlite/0003_policy_versions.sql: same tables, same columns, same order.

CREATE TABLE calendar_versions (
    number       BIGINT NOT NULL PRIMARY KEY,
    digest       BYTEA NOT NULL,
    file_name    TEXT NOT NULL,
    source       TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    published_by UUID
);

CREATE TRIGGER calendar_versions_keep BEFORE UPDATE OR DELETE ON calendar_versions
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('calendar_versions is append-only');
