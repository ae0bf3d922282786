-- What concerns people in whose hands money is, and the calendar, takes two as well. A second factor that is being taken
-- up stands beside the one in use until a code of it was shown.
-- The twin of ../postgres/0040_two_for_people.sql: same tables, same columns, same order.

CREATE TABLE proposals_again (
    id         BLOB NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('policy', 'price', 'payee', 'demand', 'budget', 'person', 'calendar')),
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

ALTER TABLE users ADD COLUMN totp_new BLOB;
