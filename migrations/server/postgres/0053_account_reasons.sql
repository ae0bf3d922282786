-- Why an administrator locked somebody's account or opened it again, in that person's words.
-- The twin of ../sqlite/0053_account_reasons.sql: same tables, same columns, same order.

CREATE TABLE account_reasons (
    id      UUID NOT NULL PRIMARY KEY,
    person  UUID NOT NULL REFERENCES users (id),
    act     TEXT NOT NULL CHECK (act IN ('lock', 'unlock')),
    reason  TEXT NOT NULL,
    at      BIGINT NOT NULL,
    made_by UUID NOT NULL REFERENCES users (id)
);
CREATE INDEX account_reasons_by_person ON account_reasons (person, at);

CREATE TRIGGER account_reasons_keep BEFORE UPDATE OR DELETE ON account_reasons
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('account_reasons is append-only');
CREATE TRIGGER account_reasons_stay BEFORE TRUNCATE ON account_reasons FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
