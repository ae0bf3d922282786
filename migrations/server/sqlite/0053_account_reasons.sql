-- Why an administrator locked somebody's account or opened it again, in that person's words.
-- The twin of ../postgres/0053_account_reasons.sql: same tables, same columns, same order.

CREATE TABLE account_reasons (
    id      BLOB NOT NULL PRIMARY KEY,
    person  BLOB NOT NULL REFERENCES users (id),
    act     TEXT NOT NULL CHECK (act IN ('lock', 'unlock')),
    reason  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    made_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX account_reasons_by_person ON account_reasons (person, at);

CREATE TRIGGER account_reasons_keep BEFORE UPDATE ON account_reasons
    BEGIN SELECT RAISE(ABORT, 'account_reasons is append-only'); END;
CREATE TRIGGER account_reasons_stay BEFORE DELETE ON account_reasons
    BEGIN SELECT RAISE(ABORT, 'account_reasons is append-only'); END;
