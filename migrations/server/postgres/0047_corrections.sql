-- What was written down wrongly of an elder or a canteen, and what stands in its place: a row a correction, append-only.
-- The twin of ../sqlite/0047_corrections.sql: same tables, same columns, same order.

CREATE TABLE corrections (
    id          UUID NOT NULL PRIMARY KEY,
    elder       UUID REFERENCES elders (id),
    canteen     UUID REFERENCES canteens (id),
    -- Field by field, old and new: a canteen's, which is public; an elder's, sealed at (`corrections`, `sealed`, id).
    changes     TEXT,
    sealed      BYTEA,
    reason      TEXT NOT NULL,
    -- The region that an elder left by it: tills of that region are told to forget the elder.
    left_region TEXT,
    at          BIGINT NOT NULL,
    made_by     UUID REFERENCES users (id),
    -- The second person, where it takes two.
    approved_by UUID REFERENCES users (id),
    CHECK ((elder IS NULL) <> (canteen IS NULL)),
    CHECK ((elder IS NULL) = (sealed IS NULL) AND (canteen IS NULL) = (changes IS NULL))
);
CREATE INDEX corrections_by_elder ON corrections (elder, at) WHERE elder IS NOT NULL;
CREATE INDEX corrections_by_canteen ON corrections (canteen, at) WHERE canteen IS NOT NULL;
CREATE INDEX corrections_by_region ON corrections (left_region, at) WHERE left_region IS NOT NULL;

CREATE TRIGGER corrections_keep BEFORE UPDATE OR DELETE ON corrections FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER corrections_stay BEFORE TRUNCATE ON corrections FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

ALTER TABLE proposals DROP CONSTRAINT proposals_kind_check;
ALTER TABLE proposals ADD CONSTRAINT proposals_kind_check
    CHECK (kind IN ('policy', 'price', 'payee', 'demand', 'budget', 'person', 'calendar', 'correction'));
