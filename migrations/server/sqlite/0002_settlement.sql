-- Closed days, findings that somebody decided, months and their statements.
-- A close is never edited: closing a day again with another result appends a revision.

CREATE TABLE day_closes (
    canteen BLOB NOT NULL REFERENCES canteens (id),
    date TEXT NOT NULL,
    revision INTEGER NOT NULL,
    digest BLOB NOT NULL,
    content TEXT NOT NULL,
    verdicts TEXT NOT NULL,
    closed_at INTEGER NOT NULL,
    PRIMARY KEY (canteen, date, revision)
) STRICT;

-- The records of a shift, whichever day they are of.
CREATE INDEX records_by_shift ON records (canteen, shift);

-- What each elder used by the last close of the day, led by elder: a limit is asked for over all canteens.
CREATE TABLE due_meals (
    elder BLOB NOT NULL,
    date TEXT NOT NULL,
    canteen BLOB NOT NULL,
    record BLOB NOT NULL,
    policy TEXT,
    lines TEXT NOT NULL,
    PRIMARY KEY (elder, date, canteen, record)
) STRICT;
CREATE INDEX due_meals_by_day ON due_meals (canteen, date);

CREATE TABLE finding_decisions (
    canteen BLOB NOT NULL REFERENCES canteens (id),
    number TEXT NOT NULL,
    explanation TEXT NOT NULL,
    decided_by BLOB NOT NULL REFERENCES users (id),
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (canteen, number)
) STRICT;

CREATE TABLE settlements (
    region TEXT NOT NULL,
    month TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    digest BLOB NOT NULL,
    drafted_by BLOB NOT NULL REFERENCES users (id),
    drafted_at INTEGER NOT NULL,
    submitted_by BLOB REFERENCES users (id),
    submitted_at INTEGER,
    approved_by BLOB REFERENCES users (id),
    approved_at INTEGER,
    returned_reason TEXT,
    PRIMARY KEY (region, month)
) STRICT;

CREATE TABLE left_out (
    canteen BLOB NOT NULL REFERENCES canteens (id),
    month TEXT NOT NULL,
    date TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by BLOB NOT NULL REFERENCES users (id),
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (canteen, month, date)
) STRICT;

CREATE TABLE statements (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    month TEXT NOT NULL,
    version INTEGER NOT NULL,
    canteen BLOB NOT NULL REFERENCES canteens (id),
    number TEXT NOT NULL,
    digest BLOB NOT NULL,
    payable INTEGER NOT NULL,
    content TEXT NOT NULL,
    approved INTEGER NOT NULL DEFAULT 0 CHECK (approved IN (0, 1)),
    UNIQUE (canteen, month, version)
) STRICT;

-- Which revision of which day a canteen's latest statement settled. Drafting again writes it anew.
CREATE TABLE settled_days (
    canteen BLOB NOT NULL,
    date TEXT NOT NULL,
    revision INTEGER NOT NULL,
    statement BLOB NOT NULL REFERENCES statements (id),
    PRIMARY KEY (canteen, date, statement),
    FOREIGN KEY (canteen, date, revision) REFERENCES day_closes (canteen, date, revision)
) STRICT;
CREATE INDEX settled_days_by_statement ON settled_days (statement);

CREATE TRIGGER day_closes_stay BEFORE UPDATE ON day_closes
BEGIN SELECT RAISE(ABORT, 'a day close is never edited'); END;
CREATE TRIGGER day_closes_remain BEFORE DELETE ON day_closes
BEGIN SELECT RAISE(ABORT, 'a day close is never deleted'); END;
CREATE TRIGGER approved_statements_stay BEFORE UPDATE ON statements WHEN OLD.approved = 1
BEGIN SELECT RAISE(ABORT, 'an approved statement is never edited'); END;
CREATE TRIGGER approved_statements_remain BEFORE DELETE ON statements WHEN OLD.approved = 1
BEGIN SELECT RAISE(ABORT, 'an approved statement is never deleted'); END;
CREATE TRIGGER approved_months_stay BEFORE UPDATE ON settlements WHEN OLD.state = 'approved'
BEGIN SELECT RAISE(ABORT, 'an approved month is never edited'); END;
CREATE TRIGGER approved_months_remain BEFORE DELETE ON settlements WHEN OLD.state = 'approved'
BEGIN SELECT RAISE(ABORT, 'an approved month is never deleted'); END;
CREATE TRIGGER settled_by_approved_remain BEFORE DELETE ON settled_days
WHEN (SELECT approved FROM statements WHERE id = OLD.statement) = 1
BEGIN SELECT RAISE(ABORT, 'what an approved statement settled is never taken back'); END;
CREATE TRIGGER settled_by_approved_stay BEFORE UPDATE ON settled_days
WHEN (SELECT approved FROM statements WHERE id = OLD.statement) = 1
BEGIN SELECT RAISE(ABORT, 'what an approved statement settled is never taken back'); END;
