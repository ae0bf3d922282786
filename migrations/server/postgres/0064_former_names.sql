-- What regions and their offices were called before: papers that were approved under a name say it for ever. Of renamings
-- before this nothing is known; papers of then say today's names.
-- The twin of ../sqlite/0064_former_names.sql: same tables, same columns, same order.

CREATE TABLE former_names (
    region TEXT NOT NULL REFERENCES regions (code),
    -- Until then, unix ms.
    at     BIGINT NOT NULL,
    name   TEXT NOT NULL,
    office TEXT NOT NULL,
    PRIMARY KEY (region, at)
);

CREATE TRIGGER former_names_keep BEFORE UPDATE OR DELETE ON former_names
    FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER former_names_stay BEFORE TRUNCATE ON former_names
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
