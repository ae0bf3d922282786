-- Findings: what a region makes of them, what was said and ruled about each, and what that took away from a day's money.
-- The twin of ../sqlite/0008_findings.sql: same tables, same columns, same order.

-- Severities and thresholds, dated. Append-only; of two for the same day the later one holds.
CREATE TABLE region_settings (
    region     TEXT NOT NULL REFERENCES regions (code),
    number     BIGINT NOT NULL,
    valid_from TEXT NOT NULL,
    settings   TEXT NOT NULL,
    set_by     UUID REFERENCES users (id),
    set_at     BIGINT NOT NULL,
    PRIMARY KEY (region, number)
);

-- What a canteen's days look like to the days after them. `elders`: who ate in person, 16 bytes each, in the order of time.
CREATE TABLE open_days (
    canteen UUID NOT NULL,
    date    TEXT NOT NULL,
    meals   BIGINT NOT NULL,
    elders  BYTEA NOT NULL,
    PRIMARY KEY (canteen, date)
);

-- Everything that was said about a finding, in order. No decision of the table before it was ever released.
DROP TABLE finding_decisions;
CREATE TABLE finding_steps (
    canteen UUID NOT NULL REFERENCES canteens (id),
    number  TEXT NOT NULL,
    step    BIGINT NOT NULL,
    date    TEXT NOT NULL,
    what    TEXT NOT NULL CHECK (what IN ('assigned', 'answered', 'explained', 'confirmed', 'closed')),
    words   TEXT NOT NULL,
    owner   UUID REFERENCES users (id),
    due     TEXT,
    by_user UUID NOT NULL REFERENCES users (id),
    at      BIGINT NOT NULL,
    PRIMARY KEY (canteen, number, step)
);

ALTER TABLE settled_days ADD COLUMN taken TEXT NOT NULL DEFAULT '[]';

CREATE TRIGGER region_settings_keep BEFORE UPDATE OR DELETE ON region_settings
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('region_settings is append-only');
CREATE TRIGGER finding_steps_keep BEFORE UPDATE OR DELETE ON finding_steps
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('finding_steps is append-only');
