-- The double-entry ledger of approved statements and their payments. An entry moves an amount from one account to
-- another and is never edited; all of it can be made again from the statements.
-- The twin of ../sqlite/0005_ledger.sql: same tables, same columns, same order.

CREATE TABLE postings (
    statement UUID NOT NULL REFERENCES statements (id),
    number    BIGINT NOT NULL,
    line      TEXT NOT NULL,
    debit     TEXT NOT NULL,
    credit    TEXT NOT NULL,
    amount    BIGINT NOT NULL CHECK (amount > 0),
    posted_at BIGINT NOT NULL,
    PRIMARY KEY (statement, number),
    CHECK (debit <> credit)
);

CREATE TRIGGER postings_keep BEFORE UPDATE OR DELETE ON postings
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('postings is append-only');
