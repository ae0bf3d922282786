-- What one person proposes and another approves before it is in force. The payload is sealed: it may hold an account.
-- The twin of ../sqlite/0015_proposals.sql: same tables, same columns, same order.

CREATE TABLE proposals (
    id         UUID NOT NULL PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('policy', 'price', 'payee')),
    region     TEXT COLLATE "C" NOT NULL,
    canteen    UUID REFERENCES canteens (id),
    payload    BYTEA NOT NULL,
    digest     BYTEA NOT NULL,
    maker      UUID NOT NULL REFERENCES users (id),
    made_at    BIGINT NOT NULL,
    decision   TEXT COLLATE "C" CHECK (decision IN ('approved', 'rejected', 'withdrawn')),
    checker    UUID REFERENCES users (id),
    decided_at BIGINT,
    reason     TEXT,
    CHECK ((decision IS NULL) = (checker IS NULL) AND (decision IS NULL) = (decided_at IS NULL)),
    CHECK (decision IS NULL OR (decision = 'withdrawn') = (checker = maker))
);
CREATE INDEX proposals_open ON proposals (made_at) WHERE decision IS NULL;

CREATE TRIGGER proposals_keep BEFORE UPDATE ON proposals
FOR EACH ROW WHEN (OLD.decision IS NOT NULL OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.region <> OLD.region
    OR NEW.canteen IS DISTINCT FROM OLD.canteen OR NEW.payload <> OLD.payload OR NEW.digest <> OLD.digest
    OR NEW.maker <> OLD.maker OR NEW.made_at <> OLD.made_at)
EXECUTE FUNCTION refuse_settled_change('a proposal is decided once and never edited');
CREATE TRIGGER proposals_stay BEFORE DELETE ON proposals
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('a proposal is decided once and never edited');
