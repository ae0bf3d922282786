-- What each draft of a region's month was held against, benefit by benefit, and what was said about claims beyond it.
-- The twin of ../postgres/0049_claims.sql: same tables, same columns, same order.

CREATE TABLE month_claims (
    region  TEXT NOT NULL,
    month   TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest  BLOB NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (region, month, version),
    FOREIGN KEY (region, month) REFERENCES settlements (region, month)
) STRICT;

CREATE TABLE month_finding_steps (
    region  TEXT NOT NULL,
    month   TEXT NOT NULL,
    number  TEXT NOT NULL,
    step    INTEGER NOT NULL,
    what    TEXT NOT NULL,
    words   TEXT NOT NULL,
    owner   BLOB REFERENCES users (id),
    due     TEXT,
    by_user BLOB NOT NULL REFERENCES users (id),
    at      INTEGER NOT NULL,
    PRIMARY KEY (region, month, number, step),
    FOREIGN KEY (region, month) REFERENCES settlements (region, month)
) STRICT;

CREATE TRIGGER month_claims_keep BEFORE UPDATE ON month_claims
    BEGIN SELECT RAISE(ABORT, 'month_claims is append-only'); END;
CREATE TRIGGER month_claims_stay BEFORE DELETE ON month_claims
    BEGIN SELECT RAISE(ABORT, 'month_claims is append-only'); END;
CREATE TRIGGER month_finding_steps_keep BEFORE UPDATE ON month_finding_steps
    BEGIN SELECT RAISE(ABORT, 'month_finding_steps is append-only'); END;
CREATE TRIGGER month_finding_steps_stay BEFORE DELETE ON month_finding_steps
    BEGIN SELECT RAISE(ABORT, 'month_finding_steps is append-only'); END;
