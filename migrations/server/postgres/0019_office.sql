-- What the office's pages read and keep: the audit log by time and by denial, elders' facts by when they were learned,
-- and random inspection draws with their results.
-- The twin of ../sqlite/0019_office.sql: same tables, same columns, same order.

CREATE INDEX audit_by_time ON audit (at, sequence);
CREATE INDEX audit_denied ON audit (sequence) WHERE outcome = 'denied';
CREATE INDEX elder_facts_by_known ON elder_facts (known_from);

-- A draw as it was announced, before its seed could be known: from which list, how many, and which public number of
-- which day will be the seed.
CREATE TABLE draws (
    id           UUID NOT NULL PRIMARY KEY,
    region       TEXT COLLATE "C" NOT NULL,
    title        TEXT NOT NULL,
    list         TEXT NOT NULL,
    list_digest  BYTEA NOT NULL,
    seed_name    TEXT NOT NULL,
    seed_on      TEXT COLLATE "C" NOT NULL,
    announced_by UUID NOT NULL REFERENCES users (id),
    announced_at BIGINT NOT NULL
);
CREATE INDEX draws_by_time ON draws (announced_at);

-- What the seed made of the list.
CREATE TABLE draw_outcomes (
    draw     UUID NOT NULL PRIMARY KEY REFERENCES draws (id),
    seed     TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    drawn_by UUID NOT NULL REFERENCES users (id),
    drawn_at BIGINT NOT NULL
);

-- What an inspection found, written down once.
CREATE TABLE draw_results (
    draw         UUID NOT NULL REFERENCES draw_outcomes (draw),
    canteen      UUID NOT NULL REFERENCES canteens (id),
    inspected_on TEXT COLLATE "C" NOT NULL,
    grade        TEXT COLLATE "C" NOT NULL CHECK (grade IN ('good', 'fair', 'poor')),
    words        TEXT NOT NULL,
    noted_by     UUID NOT NULL REFERENCES users (id),
    noted_at     BIGINT NOT NULL,
    PRIMARY KEY (draw, canteen)
);

CREATE TRIGGER draws_keep BEFORE UPDATE OR DELETE ON draws
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('draws is append-only');
CREATE TRIGGER draw_outcomes_keep BEFORE UPDATE OR DELETE ON draw_outcomes
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('draw_outcomes is append-only');
CREATE TRIGGER draw_results_keep BEFORE UPDATE OR DELETE ON draw_results
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('draw_results is append-only');
