-- Why a canteen's month differs from the month before, in its maker's words; and what payers have set aside for a year.
-- The twin of ../sqlite/0030_budgets.sql: same tables, same columns, same order.

CREATE TABLE month_explanations (
    region       TEXT COLLATE "C" NOT NULL,
    month        TEXT COLLATE "C" NOT NULL,
    canteen      UUID NOT NULL REFERENCES canteens (id),
    number       BIGINT NOT NULL,
    change       BIGINT NOT NULL,
    words        TEXT NOT NULL,
    explained_by UUID NOT NULL REFERENCES users (id),
    explained_at BIGINT NOT NULL,
    PRIMARY KEY (region, month, canteen, number),
    FOREIGN KEY (region, month) REFERENCES settlements (region, month)
);

CREATE TABLE budgets (
    id          UUID NOT NULL PRIMARY KEY,
    region      TEXT COLLATE "C" NOT NULL,
    year        BIGINT NOT NULL,
    payer       TEXT NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount >= 0),
    reason      TEXT NOT NULL,
    proposed_by UUID NOT NULL REFERENCES users (id),
    approved_by UUID NOT NULL REFERENCES users (id),
    approved_at BIGINT NOT NULL,
    CHECK (proposed_by <> approved_by)
);
CREATE INDEX budgets_by_year ON budgets (region, year);

CREATE TRIGGER month_explanations_keep BEFORE UPDATE OR DELETE ON month_explanations
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('month_explanations is append-only');
CREATE TRIGGER budgets_keep BEFORE UPDATE OR DELETE ON budgets
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('budgets is append-only');
CREATE TRIGGER month_explanations_stay BEFORE TRUNCATE ON month_explanations FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER budgets_stay BEFORE TRUNCATE ON budgets FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
