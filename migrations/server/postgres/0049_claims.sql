-- What each draft of a region's month was held against, benefit by benefit, and what was said about claims beyond it.
-- The twin of ../sqlite/0049_claims.sql: same tables, same columns, same order.

CREATE TABLE month_claims (
    region  TEXT COLLATE "C" NOT NULL,
    month   TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    digest  BYTEA NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (region, month, version),
    FOREIGN KEY (region, month) REFERENCES settlements (region, month)
);

CREATE TABLE month_finding_steps (
    region  TEXT COLLATE "C" NOT NULL,
    month   TEXT COLLATE "C" NOT NULL,
    number  TEXT COLLATE "C" NOT NULL,
    step    BIGINT NOT NULL,
    what    TEXT NOT NULL,
    words   TEXT NOT NULL,
    owner   UUID REFERENCES users (id),
    due     TEXT COLLATE "C",
    by_user UUID NOT NULL REFERENCES users (id),
    at      BIGINT NOT NULL,
    PRIMARY KEY (region, month, number, step),
    FOREIGN KEY (region, month) REFERENCES settlements (region, month)
);

CREATE TRIGGER month_claims_keep BEFORE UPDATE OR DELETE ON month_claims
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('month_claims is append-only');
CREATE TRIGGER month_finding_steps_keep BEFORE UPDATE OR DELETE ON month_finding_steps
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('month_finding_steps is append-only');
CREATE TRIGGER month_claims_stay BEFORE TRUNCATE ON month_claims FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER month_finding_steps_stay BEFORE TRUNCATE ON month_finding_steps FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
