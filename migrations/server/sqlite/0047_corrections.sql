-- What was written down wrongly of an elder or a canteen, and what stands in its place: a row a correction, append-only.
-- The twin of ../postgres/0047_corrections.sql: same tables, same columns, same order.

CREATE TABLE corrections (
    id          BLOB NOT NULL PRIMARY KEY,
    elder       BLOB REFERENCES elders (id),
    canteen     BLOB REFERENCES canteens (id),
    -- Field by field, old and new: a canteen's, which is public; an elder's, sealed at (`corrections`, `sealed`, id).
    changes     TEXT,
    sealed      BLOB,
    reason      TEXT NOT NULL,
    -- The region that an elder left by it: tills of that region are told to forget the elder.
    left_region TEXT,
    at          INTEGER NOT NULL,
    made_by     BLOB REFERENCES users (id),
    -- The second person, where it takes two.
    approved_by BLOB REFERENCES users (id),
    CHECK ((elder IS NULL) <> (canteen IS NULL)),
    CHECK ((elder IS NULL) = (sealed IS NULL) AND (canteen IS NULL) = (changes IS NULL))
) STRICT;
CREATE INDEX corrections_by_elder ON corrections (elder, at) WHERE elder IS NOT NULL;
CREATE INDEX corrections_by_canteen ON corrections (canteen, at) WHERE canteen IS NOT NULL;
CREATE INDEX corrections_by_region ON corrections (left_region, at) WHERE left_region IS NOT NULL;

CREATE TRIGGER corrections_keep BEFORE UPDATE ON corrections
    BEGIN SELECT RAISE(ABORT, 'corrections is append-only'); END;
CREATE TRIGGER corrections_stay BEFORE DELETE ON corrections
    BEGIN SELECT RAISE(ABORT, 'corrections is append-only'); END;

CREATE TABLE proposals_again (
    id         BLOB NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('policy', 'price', 'payee', 'demand', 'budget', 'person', 'calendar',
                                             'correction')),
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
