-- Findings: what a region makes of them, what was said and ruled about each, and what that took away from a day's money.
-- The twin of ../postgres/0008_findings.sql: same tables, same columns, same order.

-- Severities and thresholds, dated. Append-only; of two for the same day the later one holds.
CREATE TABLE region_settings (
    region     TEXT NOT NULL REFERENCES regions (code),
    number     INTEGER NOT NULL,
    valid_from TEXT NOT NULL,
    settings   TEXT NOT NULL,
    set_by     BLOB REFERENCES users (id),
    set_at     INTEGER NOT NULL,
    PRIMARY KEY (region, number)
) STRICT;

-- What a canteen's days look like to the days after them. `elders`: who ate in person, 16 bytes each, in the order of time.
CREATE TABLE open_days (
    canteen BLOB NOT NULL,
    date    TEXT NOT NULL,
    meals   INTEGER NOT NULL,
    elders  BLOB NOT NULL,
    PRIMARY KEY (canteen, date)
) STRICT;

-- Everything that was said about a finding, in order. No decision of the table before it was ever released.
DROP TABLE finding_decisions;
CREATE TABLE finding_steps (
    canteen BLOB NOT NULL REFERENCES canteens (id),
    number  TEXT NOT NULL,
    step    INTEGER NOT NULL,
    date    TEXT NOT NULL,
    what    TEXT NOT NULL CHECK (what IN ('assigned', 'answered', 'explained', 'confirmed', 'closed')),
    words   TEXT NOT NULL,
    owner   BLOB REFERENCES users (id),
    due     TEXT,
    by_user BLOB NOT NULL REFERENCES users (id),
    at      INTEGER NOT NULL,
    PRIMARY KEY (canteen, number, step)
) STRICT;

ALTER TABLE settled_days ADD COLUMN taken TEXT NOT NULL DEFAULT '[]';

CREATE TRIGGER region_settings_keep BEFORE UPDATE ON region_settings
    BEGIN SELECT RAISE(ABORT, 'region_settings is append-only'); END;
CREATE TRIGGER region_settings_stay BEFORE DELETE ON region_settings
    BEGIN SELECT RAISE(ABORT, 'region_settings is append-only'); END;

CREATE TRIGGER finding_steps_keep BEFORE UPDATE ON finding_steps
    BEGIN SELECT RAISE(ABORT, 'finding_steps is append-only'); END;
CREATE TRIGGER finding_steps_stay BEFORE DELETE ON finding_steps
    BEGIN SELECT RAISE(ABORT, 'finding_steps is append-only'); END;
