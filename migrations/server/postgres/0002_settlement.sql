-- Closed days, findings that somebody decided, months and their statements.
-- A close is never edited: closing a day again with another result appends a revision.

CREATE TABLE day_closes (
    canteen UUID NOT NULL REFERENCES canteens (id),
    date TEXT NOT NULL,
    revision BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    content TEXT NOT NULL,
    verdicts TEXT NOT NULL,
    closed_at BIGINT NOT NULL,
    PRIMARY KEY (canteen, date, revision)
);

-- The records of a shift, whichever day they are of.
CREATE INDEX records_by_shift ON records (canteen, shift);

-- What each elder used by the last close of the day, led by elder: a limit is asked for over all canteens.
CREATE TABLE due_meals (
    elder UUID NOT NULL,
    date TEXT NOT NULL,
    canteen UUID NOT NULL,
    record UUID NOT NULL,
    policy TEXT,
    lines TEXT NOT NULL,
    PRIMARY KEY (elder, date, canteen, record)
);
CREATE INDEX due_meals_by_day ON due_meals (canteen, date);

CREATE TABLE finding_decisions (
    canteen UUID NOT NULL REFERENCES canteens (id),
    number TEXT NOT NULL,
    explanation TEXT NOT NULL,
    decided_by UUID NOT NULL REFERENCES users (id),
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (canteen, number)
);

CREATE TABLE settlements (
    region TEXT NOT NULL,
    month TEXT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    digest BYTEA NOT NULL,
    drafted_by UUID NOT NULL REFERENCES users (id),
    drafted_at BIGINT NOT NULL,
    submitted_by UUID REFERENCES users (id),
    submitted_at BIGINT,
    approved_by UUID REFERENCES users (id),
    approved_at BIGINT,
    returned_reason TEXT,
    PRIMARY KEY (region, month)
);

CREATE TABLE left_out (
    canteen UUID NOT NULL REFERENCES canteens (id),
    month TEXT NOT NULL,
    date TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by UUID NOT NULL REFERENCES users (id),
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (canteen, month, date)
);

CREATE TABLE statements (
    id UUID PRIMARY KEY,
    region TEXT NOT NULL,
    month TEXT NOT NULL,
    version BIGINT NOT NULL,
    canteen UUID NOT NULL REFERENCES canteens (id),
    number TEXT NOT NULL,
    digest BYTEA NOT NULL,
    payable BIGINT NOT NULL,
    content TEXT NOT NULL,
    approved BIGINT NOT NULL DEFAULT 0 CHECK (approved IN (0, 1)),
    UNIQUE (canteen, month, version)
);

-- Which revision of which day a canteen's latest statement settled. Drafting again writes it anew.
CREATE TABLE settled_days (
    canteen UUID NOT NULL,
    date TEXT NOT NULL,
    revision BIGINT NOT NULL,
    statement UUID NOT NULL REFERENCES statements (id),
    PRIMARY KEY (canteen, date, statement),
    FOREIGN KEY (canteen, date, revision) REFERENCES day_closes (canteen, date, revision)
);
CREATE INDEX settled_days_by_statement ON settled_days (statement);

CREATE FUNCTION refuse_settled_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
CREATE FUNCTION refuse_unsettling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT approved FROM statements WHERE id = OLD.statement) = 1 THEN
        RAISE EXCEPTION 'what an approved statement settled is never taken back';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER day_closes_stay BEFORE UPDATE OR DELETE ON day_closes
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('a day close is never edited');
CREATE TRIGGER approved_statements_stay BEFORE UPDATE OR DELETE ON statements
FOR EACH ROW WHEN (OLD.approved = 1) EXECUTE FUNCTION refuse_settled_change('an approved statement is never edited');
CREATE TRIGGER approved_months_stay BEFORE UPDATE OR DELETE ON settlements
FOR EACH ROW WHEN (OLD.state = 'approved') EXECUTE FUNCTION refuse_settled_change('an approved month is never edited');
CREATE TRIGGER settled_by_approved_stay BEFORE UPDATE OR DELETE ON settled_days
FOR EACH ROW EXECUTE FUNCTION refuse_unsettling();
