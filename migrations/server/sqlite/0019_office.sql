-- What the office's pages read and keep: the audit log by time and by denial, elders' facts by when they were learned,
-- and random inspection draws with their results.
-- The twin of ../postgres/0019_office.sql: same tables, same columns, same order.

CREATE INDEX audit_by_time ON audit (at, sequence);
CREATE INDEX audit_denied ON audit (sequence) WHERE outcome = 'denied';
CREATE INDEX elder_facts_by_known ON elder_facts (known_from);

-- A draw as it was announced, before its seed could be known: from which list, how many, and which public number of
-- which day will be the seed.
CREATE TABLE draws (
    id           BLOB NOT NULL PRIMARY KEY,
    region       TEXT NOT NULL,
    title        TEXT NOT NULL,
    list         TEXT NOT NULL,
    list_digest  BLOB NOT NULL,
    seed_name    TEXT NOT NULL,
    seed_on      TEXT NOT NULL,
    announced_by BLOB NOT NULL REFERENCES users (id),
    announced_at INTEGER NOT NULL
) STRICT;
CREATE INDEX draws_by_time ON draws (announced_at);

-- What the seed made of the list.
CREATE TABLE draw_outcomes (
    draw     BLOB NOT NULL PRIMARY KEY REFERENCES draws (id),
    seed     TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    drawn_by BLOB NOT NULL REFERENCES users (id),
    drawn_at INTEGER NOT NULL
) STRICT;

-- What an inspection found, written down once.
CREATE TABLE draw_results (
    draw         BLOB NOT NULL REFERENCES draw_outcomes (draw),
    canteen      BLOB NOT NULL REFERENCES canteens (id),
    inspected_on TEXT NOT NULL,
    grade        TEXT NOT NULL CHECK (grade IN ('good', 'fair', 'poor')),
    words        TEXT NOT NULL,
    noted_by     BLOB NOT NULL REFERENCES users (id),
    noted_at     INTEGER NOT NULL,
    PRIMARY KEY (draw, canteen)
) STRICT;

CREATE TRIGGER draws_keep BEFORE UPDATE ON draws
    BEGIN SELECT RAISE(ABORT, 'draws is append-only'); END;
CREATE TRIGGER draws_stay BEFORE DELETE ON draws
    BEGIN SELECT RAISE(ABORT, 'draws is append-only'); END;
CREATE TRIGGER draw_outcomes_keep BEFORE UPDATE ON draw_outcomes
    BEGIN SELECT RAISE(ABORT, 'draw_outcomes is append-only'); END;
CREATE TRIGGER draw_outcomes_stay BEFORE DELETE ON draw_outcomes
    BEGIN SELECT RAISE(ABORT, 'draw_outcomes is append-only'); END;
CREATE TRIGGER draw_results_keep BEFORE UPDATE ON draw_results
    BEGIN SELECT RAISE(ABORT, 'draw_results is append-only'); END;
CREATE TRIGGER draw_results_stay BEFORE DELETE ON draw_results
    BEGIN SELECT RAISE(ABORT, 'draw_results is append-only'); END;
