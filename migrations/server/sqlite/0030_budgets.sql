-- Why a canteen's month differs from the month before, in its maker's words; and what payers have set aside for a year.
-- The twin of ../postgres/0030_budgets.sql: same tables, same columns, same order.

CREATE TABLE month_explanations (
    region       TEXT NOT NULL,
    month        TEXT NOT NULL,
    canteen      BLOB NOT NULL REFERENCES canteens (id),
    number       INTEGER NOT NULL,
    change       INTEGER NOT NULL,
    words        TEXT NOT NULL,
    explained_by BLOB NOT NULL REFERENCES users (id),
    explained_at INTEGER NOT NULL,
    PRIMARY KEY (region, month, canteen, number),
    FOREIGN KEY (region, month) REFERENCES settlements (region, month)
) STRICT;

CREATE TABLE budgets (
    id          BLOB NOT NULL PRIMARY KEY,
    region      TEXT NOT NULL,
    year        INTEGER NOT NULL,
    payer       TEXT NOT NULL,
    amount      INTEGER NOT NULL CHECK (amount >= 0),
    reason      TEXT NOT NULL,
    proposed_by BLOB NOT NULL REFERENCES users (id),
    approved_by BLOB NOT NULL REFERENCES users (id),
    approved_at INTEGER NOT NULL,
    CHECK (proposed_by <> approved_by)
) STRICT;
CREATE INDEX budgets_by_year ON budgets (region, year);

CREATE TRIGGER month_explanations_keep BEFORE UPDATE ON month_explanations
    BEGIN SELECT RAISE(ABORT, 'month_explanations is append-only'); END;
CREATE TRIGGER month_explanations_stay BEFORE DELETE ON month_explanations
    BEGIN SELECT RAISE(ABORT, 'month_explanations is append-only'); END;
CREATE TRIGGER budgets_keep BEFORE UPDATE ON budgets
    BEGIN SELECT RAISE(ABORT, 'budgets is append-only'); END;
CREATE TRIGGER budgets_stay BEFORE DELETE ON budgets
    BEGIN SELECT RAISE(ABORT, 'budgets is append-only'); END;
