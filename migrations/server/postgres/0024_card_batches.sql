-- Cards for many elders at once: one person proposes whom, another agrees, then the sheet is printed, once.
-- The twin of ../sqlite/0024_card_batches.sql: same tables, same columns, same order.

CREATE TABLE card_batches (
    id         UUID NOT NULL PRIMARY KEY,
    region     TEXT COLLATE "C" NOT NULL,
    title      TEXT NOT NULL,
    elders     TEXT NOT NULL,
    until      TEXT COLLATE "C",
    maker      UUID NOT NULL REFERENCES users (id),
    made_at    BIGINT NOT NULL,
    decision   TEXT COLLATE "C" CHECK (decision IN ('approved', 'rejected', 'withdrawn')),
    checker    UUID REFERENCES users (id),
    decided_at BIGINT,
    reason     TEXT,
    issued_at  BIGINT,
    CHECK ((decision IS NULL) = (checker IS NULL) AND (decision IS NULL) = (decided_at IS NULL)),
    CHECK (decision IS NULL OR (decision = 'withdrawn') = (checker = maker)),
    CHECK (issued_at IS NULL OR decision = 'approved')
);
CREATE INDEX card_batches_by_time ON card_batches (made_at);

CREATE TRIGGER card_batches_keep BEFORE UPDATE ON card_batches
FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.region <> OLD.region OR NEW.title <> OLD.title OR NEW.elders <> OLD.elders
    OR NEW.until IS DISTINCT FROM OLD.until OR NEW.maker <> OLD.maker OR NEW.made_at <> OLD.made_at
    OR OLD.issued_at IS NOT NULL
    OR (OLD.decision IS NOT NULL AND (NEW.decision IS DISTINCT FROM OLD.decision
        OR NEW.checker IS DISTINCT FROM OLD.checker OR NEW.decided_at IS DISTINCT FROM OLD.decided_at
        OR NEW.reason IS DISTINCT FROM OLD.reason)))
EXECUTE FUNCTION refuse_settled_change('a batch of cards is decided once, printed once and never edited');
CREATE TRIGGER card_batches_stay BEFORE DELETE ON card_batches
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('a batch of cards is decided once, printed once and never edited');
