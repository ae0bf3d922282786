-- Canteens that are closed for good, demands (追缴) for what they still owe, and what was paid on these. Demands and
-- yearly budgets are proposed by one person and approved by another.
-- The twin of ../postgres/0026_demands.sql: same tables, same columns, same order.

CREATE TABLE proposals_again (
    id         BLOB NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('policy', 'price', 'payee', 'demand', 'budget')),
    region     TEXT NOT NULL,
    canteen    BLOB REFERENCES canteens (id),
    payload    BLOB NOT NULL,
    digest     BLOB NOT NULL,
    maker      BLOB NOT NULL REFERENCES users (id),
    made_at    INTEGER NOT NULL,
    decision   TEXT CHECK (decision IN ('approved', 'rejected', 'withdrawn')),
    checker    BLOB REFERENCES users (id),
    decided_at INTEGER,
    reason     TEXT,
    CHECK ((decision IS NULL) = (checker IS NULL) AND (decision IS NULL) = (decided_at IS NULL)),
    CHECK (decision IS NULL OR (decision = 'withdrawn') = (checker = maker))
) STRICT;
INSERT INTO proposals_again (id, kind, region, canteen, payload, digest, maker, made_at, decision, checker, decided_at,
    reason) SELECT id, kind, region, canteen, payload, digest, maker, made_at, decision, checker, decided_at, reason
    FROM proposals;
DROP TABLE proposals;
ALTER TABLE proposals_again RENAME TO proposals;
CREATE INDEX proposals_open ON proposals (made_at) WHERE decision IS NULL;
CREATE TRIGGER proposals_keep BEFORE UPDATE ON proposals
    WHEN OLD.decision IS NOT NULL OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.region <> OLD.region
        OR NEW.canteen IS NOT OLD.canteen OR NEW.payload <> OLD.payload OR NEW.digest <> OLD.digest
        OR NEW.maker <> OLD.maker OR NEW.made_at <> OLD.made_at
    BEGIN SELECT RAISE(ABORT, 'a proposal is decided once and never edited'); END;
CREATE TRIGGER proposals_stay BEFORE DELETE ON proposals
    BEGIN SELECT RAISE(ABORT, 'a proposal is decided once and never edited'); END;

CREATE TABLE canteen_closures (
    canteen   BLOB NOT NULL PRIMARY KEY REFERENCES canteens (id),
    last_day  TEXT NOT NULL,
    reason    TEXT NOT NULL,
    closed_by BLOB NOT NULL REFERENCES users (id),
    closed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE demands (
    id          BLOB NOT NULL PRIMARY KEY,
    statement   BLOB NOT NULL UNIQUE REFERENCES statements (id),
    canteen     BLOB NOT NULL REFERENCES canteen_closures (canteen),
    number      TEXT NOT NULL UNIQUE,
    digest      BLOB NOT NULL,
    content     TEXT NOT NULL,
    demanded_by BLOB NOT NULL REFERENCES users (id),
    approved_by BLOB NOT NULL REFERENCES users (id),
    approved_at INTEGER NOT NULL,
    CHECK (demanded_by <> approved_by)
) STRICT;
CREATE INDEX demands_by_canteen ON demands (canteen);

CREATE TABLE demand_receipts (
    demand      BLOB NOT NULL REFERENCES demands (id),
    number      INTEGER NOT NULL,
    payer       TEXT NOT NULL,
    amount      INTEGER NOT NULL CHECK (amount > 0),
    received_on TEXT NOT NULL,
    reference   TEXT NOT NULL,
    noted_by    BLOB NOT NULL REFERENCES users (id),
    noted_at    INTEGER NOT NULL,
    PRIMARY KEY (demand, number)
) STRICT;

CREATE TRIGGER canteen_closures_keep BEFORE UPDATE ON canteen_closures
    BEGIN SELECT RAISE(ABORT, 'canteen_closures is append-only'); END;
CREATE TRIGGER canteen_closures_stay BEFORE DELETE ON canteen_closures
    BEGIN SELECT RAISE(ABORT, 'canteen_closures is append-only'); END;
CREATE TRIGGER demands_keep BEFORE UPDATE ON demands
    BEGIN SELECT RAISE(ABORT, 'demands is append-only'); END;
CREATE TRIGGER demands_stay BEFORE DELETE ON demands
    BEGIN SELECT RAISE(ABORT, 'demands is append-only'); END;
CREATE TRIGGER demand_receipts_keep BEFORE UPDATE ON demand_receipts
    BEGIN SELECT RAISE(ABORT, 'demand_receipts is append-only'); END;
CREATE TRIGGER demand_receipts_stay BEFORE DELETE ON demand_receipts
    BEGIN SELECT RAISE(ABORT, 'demand_receipts is append-only'); END;
