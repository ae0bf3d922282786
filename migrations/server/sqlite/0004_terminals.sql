-- Terminals in full: who let them in, how their journals end, refunds that tills paid, credentials that nobody knew.
-- The twin of ../postgres/0004_terminals.sql: same tables, same columns, same order.

ALTER TABLE terminals ADD COLUMN confirmed_at INTEGER;
ALTER TABLE terminals ADD COLUMN confirmed_by BLOB REFERENCES users (id);
ALTER TABLE terminals ADD COLUMN retired_at INTEGER;
-- Those enrolled before there was a confirmation were let in by their code.
UPDATE terminals SET confirmed_at = enrolled_at;

-- A printed card, or a physical one that is known by its chip.
ALTER TABLE cards ADD COLUMN kind TEXT NOT NULL DEFAULT 'card' CHECK (kind IN ('card', 'chip'));

-- The business date of a record's own time, where the record counts for another: a paper list entered later.
ALTER TABLE records ADD COLUMN entered_on TEXT;
CREATE INDEX records_entered_later ON records (canteen, entered_on) WHERE entered_on IS NOT NULL;

-- Where a shift was opened, without going through all of it.
CREATE INDEX records_opening ON records (canteen, shift) WHERE kind = 'shift_open';

CREATE INDEX elder_meals_by_place ON elder_meals (canteen, changed_at);

-- How far a terminal's epochs stood when it was taken out of service: what comes beyond is disputed.
CREATE TABLE witnessed_heads (
    canteen  BLOB NOT NULL,
    terminal BLOB NOT NULL REFERENCES terminals (id),
    epoch    INTEGER NOT NULL,
    next     INTEGER NOT NULL,
    PRIMARY KEY (canteen, terminal, epoch)
) STRICT;

-- Epochs that two people ended, because the journal is gone. `next` and `missing` are as they were then.
CREATE TABLE epoch_ends (
    canteen      BLOB NOT NULL,
    terminal     BLOB NOT NULL REFERENCES terminals (id),
    epoch        INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    asked_by     BLOB NOT NULL REFERENCES users (id),
    asked_at     INTEGER NOT NULL,
    next         INTEGER,
    missing      INTEGER,
    confirmed_by BLOB REFERENCES users (id),
    confirmed_at INTEGER,
    PRIMARY KEY (canteen, terminal, epoch),
    CHECK (confirmed_by IS NULL OR confirmed_by <> asked_by)
) STRICT;

-- What somebody decided about a journal that forked.
CREATE TABLE fork_resolutions (
    canteen    BLOB NOT NULL,
    terminal   BLOB NOT NULL REFERENCES terminals (id),
    epoch      INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    decided_by BLOB NOT NULL REFERENCES users (id),
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (canteen, terminal, epoch, sequence)
) STRICT;

-- Meals at full price whose credential the till could not place. `looked_at`: when all cards were gone through last.
CREATE TABLE unidentified_meals (
    canteen   BLOB NOT NULL,
    record    BLOB NOT NULL,
    terminal  BLOB NOT NULL,
    digest    BLOB NOT NULL,
    date      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    looked_at INTEGER,
    PRIMARY KEY (canteen, record)
) STRICT;
CREATE INDEX unidentified_by_digest ON unidentified_meals (terminal, digest);

-- Whose credential it was.
CREATE TABLE identifications (
    canteen       BLOB NOT NULL,
    record        BLOB NOT NULL,
    elder         BLOB NOT NULL REFERENCES elders (id),
    how           TEXT NOT NULL CHECK (how IN ('card', 'chip', 'resident_id')),
    identified_at INTEGER NOT NULL,
    PRIMARY KEY (canteen, record),
    FOREIGN KEY (canteen, record) REFERENCES unidentified_meals (canteen, record)
) STRICT;

-- What the last close of a day says was charged too much, by meal. Written anew with each close.
CREATE TABLE refund_dues (
    canteen BLOB NOT NULL,
    meal    BLOB NOT NULL,
    date    TEXT NOT NULL,
    elder   BLOB NOT NULL,
    amount  INTEGER NOT NULL,
    shares  TEXT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (canteen, meal)
) STRICT;
CREATE INDEX refund_dues_by_day ON refund_dues (canteen, date);

-- Every entry of the list of refunds that tills were ever told. `paid_before` is what the meal's earlier entries paid.
CREATE TABLE refund_entries (
    canteen     BLOB NOT NULL,
    id          BLOB NOT NULL,
    meal        BLOB NOT NULL,
    date        TEXT NOT NULL,
    elder       BLOB NOT NULL,
    paid_before INTEGER NOT NULL,
    amount      INTEGER NOT NULL CHECK (amount > 0),
    shares      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    listed_at   INTEGER NOT NULL,
    PRIMARY KEY (canteen, id)
) STRICT;
CREATE INDEX refund_entries_by_meal ON refund_entries (canteen, meal);

-- Every refund record. Which of them settles an entry is worked out from all of them, never from their order.
CREATE TABLE refund_payments (
    canteen  BLOB NOT NULL,
    record   BLOB NOT NULL,
    due      BLOB NOT NULL,
    meal     BLOB NOT NULL,
    elder    BLOB NOT NULL,
    amount   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
    PRIMARY KEY (canteen, record)
) STRICT;
CREATE INDEX refund_payments_by_meal ON refund_payments (canteen, meal);
CREATE INDEX refund_payments_by_due ON refund_payments (canteen, due);

CREATE TABLE canteen_settings (
    canteen    BLOB NOT NULL PRIMARY KEY REFERENCES canteens (id),
    offline    TEXT NOT NULL,
    reader     TEXT,
    changed_at INTEGER NOT NULL,
    changed_by BLOB REFERENCES users (id)
) STRICT;

-- How often a terminal asked for a resident ID that it does not hold, and how often somebody was found.
CREATE TABLE lookup_counts (
    terminal BLOB NOT NULL REFERENCES terminals (id),
    date     TEXT NOT NULL,
    asked    INTEGER NOT NULL,
    found    INTEGER NOT NULL,
    PRIMARY KEY (terminal, date)
) STRICT;

CREATE TRIGGER witnessed_heads_keep BEFORE UPDATE ON witnessed_heads
    BEGIN SELECT RAISE(ABORT, 'witnessed_heads is append-only'); END;
CREATE TRIGGER witnessed_heads_stay BEFORE DELETE ON witnessed_heads
    BEGIN SELECT RAISE(ABORT, 'witnessed_heads is append-only'); END;
CREATE TRIGGER epoch_ends_keep BEFORE UPDATE ON epoch_ends WHEN OLD.confirmed_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'an ended epoch stays ended'); END;
CREATE TRIGGER epoch_ends_stay BEFORE DELETE ON epoch_ends WHEN OLD.confirmed_at IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'an ended epoch stays ended'); END;
CREATE TRIGGER fork_resolutions_keep BEFORE UPDATE ON fork_resolutions
    BEGIN SELECT RAISE(ABORT, 'fork_resolutions is append-only'); END;
CREATE TRIGGER fork_resolutions_stay BEFORE DELETE ON fork_resolutions
    BEGIN SELECT RAISE(ABORT, 'fork_resolutions is append-only'); END;
CREATE TRIGGER identifications_keep BEFORE UPDATE ON identifications
    BEGIN SELECT RAISE(ABORT, 'identifications is append-only'); END;
CREATE TRIGGER identifications_stay BEFORE DELETE ON identifications
    BEGIN SELECT RAISE(ABORT, 'identifications is append-only'); END;
CREATE TRIGGER refund_entries_keep BEFORE UPDATE ON refund_entries
    BEGIN SELECT RAISE(ABORT, 'refund_entries is append-only'); END;
CREATE TRIGGER refund_entries_stay BEFORE DELETE ON refund_entries
    BEGIN SELECT RAISE(ABORT, 'refund_entries is append-only'); END;
CREATE TRIGGER refund_payments_keep BEFORE UPDATE ON refund_payments
    BEGIN SELECT RAISE(ABORT, 'refund_payments is append-only'); END;
CREATE TRIGGER refund_payments_stay BEFORE DELETE ON refund_payments
    BEGIN SELECT RAISE(ABORT, 'refund_payments is append-only'); END;
