-- Canteens that are closed for good, demands (追缴) for what they still owe, and what was paid on these. Demands and
-- yearly budgets are proposed by one person and approved by another.
-- The twin of ../sqlite/0026_demands.sql: same tables, same columns, same order.

ALTER TABLE proposals DROP CONSTRAINT proposals_kind_check;
ALTER TABLE proposals ADD CONSTRAINT proposals_kind_check
    CHECK (kind IN ('policy', 'price', 'payee', 'demand', 'budget'));

CREATE TABLE canteen_closures (
    canteen   UUID NOT NULL PRIMARY KEY REFERENCES canteens (id),
    last_day  TEXT COLLATE "C" NOT NULL,
    reason    TEXT NOT NULL,
    closed_by UUID NOT NULL REFERENCES users (id),
    closed_at BIGINT NOT NULL
);

CREATE TABLE demands (
    id          UUID NOT NULL PRIMARY KEY,
    statement   UUID NOT NULL UNIQUE REFERENCES statements (id),
    canteen     UUID NOT NULL REFERENCES canteen_closures (canteen),
    number      TEXT COLLATE "C" NOT NULL UNIQUE,
    digest      BYTEA NOT NULL,
    content     TEXT NOT NULL,
    demanded_by UUID NOT NULL REFERENCES users (id),
    approved_by UUID NOT NULL REFERENCES users (id),
    approved_at BIGINT NOT NULL,
    CHECK (demanded_by <> approved_by)
);
CREATE INDEX demands_by_canteen ON demands (canteen);

CREATE TABLE demand_receipts (
    demand      UUID NOT NULL REFERENCES demands (id),
    number      BIGINT NOT NULL,
    payer       TEXT NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount > 0),
    received_on TEXT COLLATE "C" NOT NULL,
    reference   TEXT NOT NULL,
    noted_by    UUID NOT NULL REFERENCES users (id),
    noted_at    BIGINT NOT NULL,
    PRIMARY KEY (demand, number)
);

CREATE TRIGGER canteen_closures_keep BEFORE UPDATE OR DELETE ON canteen_closures
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('canteen_closures is append-only');
CREATE TRIGGER demands_keep BEFORE UPDATE OR DELETE ON demands
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('demands is append-only');
CREATE TRIGGER demand_receipts_keep BEFORE UPDATE OR DELETE ON demand_receipts
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('demand_receipts is append-only');
CREATE TRIGGER canteen_closures_stay BEFORE TRUNCATE ON canteen_closures FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER demands_stay BEFORE TRUNCATE ON demands FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER demand_receipts_stay BEFORE TRUNCATE ON demand_receipts FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
