-- The double-entry ledger of approved statements and their payments. An entry moves an amount from one account to
-- another and is never edited; all of it can be made again from the statements.
-- The twin of ../postgres/0005_ledger.sql: same tables, same columns, same order.

CREATE TABLE postings (
    statement BLOB NOT NULL REFERENCES statements (id),
    number    INTEGER NOT NULL,
    line      TEXT NOT NULL,
    debit     TEXT NOT NULL,
    credit    TEXT NOT NULL,
    amount    INTEGER NOT NULL CHECK (amount > 0),
    posted_at INTEGER NOT NULL,
    PRIMARY KEY (statement, number),
    CHECK (debit <> credit)
) STRICT;

CREATE TRIGGER postings_keep BEFORE UPDATE ON postings
    BEGIN SELECT RAISE(ABORT, 'postings is append-only'); END;
CREATE TRIGGER postings_stay BEFORE DELETE ON postings
    BEGIN SELECT RAISE(ABORT, 'postings is append-only'); END;
