-- Who did what at the office: one chain, append-only. Sequences begin at 1 and have no gap; each entry names the hash
-- of the one before it.
-- The twin of ../sqlite/0013_audit.sql: same tables, same columns, same order.

CREATE TABLE audit (
    sequence BIGINT NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    actor    TEXT COLLATE "C" NOT NULL,
    region   TEXT COLLATE "C",
    action   TEXT COLLATE "C" NOT NULL,
    object   TEXT COLLATE "C" NOT NULL,
    outcome  TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('granted', 'denied')),
    detail   TEXT NOT NULL,
    previous BYTEA NOT NULL,
    hash     BYTEA NOT NULL UNIQUE
);
CREATE INDEX audit_by_action ON audit (action, sequence);
CREATE INDEX audit_by_actor ON audit (actor, sequence);
CREATE INDEX audit_by_object ON audit (object, sequence);

-- The last head that each terminal told back and that held.
CREATE TABLE audit_witnesses (
    terminal UUID NOT NULL PRIMARY KEY REFERENCES terminals (id),
    sequence BIGINT NOT NULL,
    hash     BYTEA NOT NULL,
    told_at  BIGINT NOT NULL
);

-- Heads that terminals were told and that are not in the chain any more. `found` is what stands in their place.
CREATE TABLE audit_breaks (
    terminal  UUID NOT NULL REFERENCES terminals (id),
    sequence  BIGINT NOT NULL,
    witnessed BYTEA NOT NULL,
    found     BYTEA,
    told_at   BIGINT NOT NULL,
    PRIMARY KEY (terminal, sequence, witnessed)
);

-- The head of the chain when a month was approved: the entry of the approval itself. It stands on the papers.
CREATE TABLE month_heads (
    region   TEXT COLLATE "C" NOT NULL,
    month    TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    hash     BYTEA NOT NULL,
    PRIMARY KEY (region, month)
);

CREATE TRIGGER audit_keep BEFORE UPDATE OR DELETE ON audit
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('audit is append-only');
CREATE TRIGGER audit_stay BEFORE TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION refuse_settled_change('audit is append-only');
CREATE TRIGGER audit_breaks_keep BEFORE UPDATE OR DELETE ON audit_breaks
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('audit_breaks is append-only');
CREATE TRIGGER month_heads_keep BEFORE UPDATE OR DELETE ON month_heads
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('month_heads is append-only');
