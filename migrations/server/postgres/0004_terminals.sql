-- Terminals in full: who let them in, how their journals end, refunds that tills paid, credentials that nobody knew.
-- The twin of ../sqlite/0004_terminals.sql: same tables, same columns, same order.

ALTER TABLE terminals ADD COLUMN confirmed_at BIGINT;
ALTER TABLE terminals ADD COLUMN confirmed_by UUID REFERENCES users (id);
ALTER TABLE terminals ADD COLUMN retired_at BIGINT;
-- Those enrolled before there was a confirmation were let in by their code.
UPDATE terminals SET confirmed_at = enrolled_at;

-- A printed card, or a physical one that is known by its chip.
ALTER TABLE cards ADD COLUMN kind TEXT COLLATE "C" NOT NULL DEFAULT 'card' CHECK (kind IN ('card', 'chip'));

-- The business date of a record's own time, where the record counts for another: a paper list entered later.
ALTER TABLE records ADD COLUMN entered_on TEXT COLLATE "C";
CREATE INDEX records_entered_later ON records (canteen, entered_on) WHERE entered_on IS NOT NULL;

-- Where a shift was opened, without going through all of it.
CREATE INDEX records_opening ON records (canteen, shift) WHERE kind = 'shift_open';

CREATE INDEX elder_meals_by_place ON elder_meals (canteen, changed_at);

-- How far a terminal's epochs stood when it was taken out of service: what comes beyond is disputed.
CREATE TABLE witnessed_heads (
    canteen  UUID NOT NULL,
    terminal UUID NOT NULL REFERENCES terminals (id),
    epoch    BIGINT NOT NULL,
    next     BIGINT NOT NULL,
    PRIMARY KEY (canteen, terminal, epoch)
);

-- Epochs that two people ended, because the journal is gone. `next` and `missing` are as they were then.
CREATE TABLE epoch_ends (
    canteen      UUID NOT NULL,
    terminal     UUID NOT NULL REFERENCES terminals (id),
    epoch        BIGINT NOT NULL,
    reason       TEXT NOT NULL,
    asked_by     UUID NOT NULL REFERENCES users (id),
    asked_at     BIGINT NOT NULL,
    next         BIGINT,
    missing      BIGINT,
    confirmed_by UUID REFERENCES users (id),
    confirmed_at BIGINT,
    PRIMARY KEY (canteen, terminal, epoch),
    CHECK (confirmed_by IS NULL OR confirmed_by <> asked_by)
);

-- What somebody decided about a journal that forked.
CREATE TABLE fork_resolutions (
    canteen    UUID NOT NULL,
    terminal   UUID NOT NULL REFERENCES terminals (id),
    epoch      BIGINT NOT NULL,
    sequence   BIGINT NOT NULL,
    reason     TEXT NOT NULL,
    decided_by UUID NOT NULL REFERENCES users (id),
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (canteen, terminal, epoch, sequence)
);

-- Meals at full price whose credential the till could not place. `looked_at`: when all cards were gone through last.
CREATE TABLE unidentified_meals (
    canteen   UUID NOT NULL,
    record    UUID NOT NULL,
    terminal  UUID NOT NULL,
    digest    BYTEA NOT NULL,
    date      TEXT COLLATE "C" NOT NULL,
    at        BIGINT NOT NULL,
    looked_at BIGINT,
    PRIMARY KEY (canteen, record)
);
CREATE INDEX unidentified_by_digest ON unidentified_meals (terminal, digest);

-- Whose credential it was.
CREATE TABLE identifications (
    canteen       UUID NOT NULL,
    record        UUID NOT NULL,
    elder         UUID NOT NULL REFERENCES elders (id),
    how           TEXT COLLATE "C" NOT NULL CHECK (how IN ('card', 'chip', 'resident_id')),
    identified_at BIGINT NOT NULL,
    PRIMARY KEY (canteen, record),
    FOREIGN KEY (canteen, record) REFERENCES unidentified_meals (canteen, record)
);

-- What the last close of a day says was charged too much, by meal. Written anew with each close.
CREATE TABLE refund_dues (
    canteen UUID NOT NULL,
    meal    UUID NOT NULL,
    date    TEXT COLLATE "C" NOT NULL,
    elder   UUID NOT NULL,
    amount  BIGINT NOT NULL,
    shares  TEXT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (canteen, meal)
);
CREATE INDEX refund_dues_by_day ON refund_dues (canteen, date);

-- Every entry of the list of refunds that tills were ever told. `paid_before` is what the meal's earlier entries paid.
CREATE TABLE refund_entries (
    canteen     UUID NOT NULL,
    id          UUID NOT NULL,
    meal        UUID NOT NULL,
    date        TEXT COLLATE "C" NOT NULL,
    elder       UUID NOT NULL,
    paid_before BIGINT NOT NULL,
    amount      BIGINT NOT NULL CHECK (amount > 0),
    shares      TEXT NOT NULL,
    reason      TEXT NOT NULL,
    listed_at   BIGINT NOT NULL,
    PRIMARY KEY (canteen, id)
);
CREATE INDEX refund_entries_by_meal ON refund_entries (canteen, meal);

-- Every refund record. Which of them settles an entry is worked out from all of them, never from their order.
CREATE TABLE refund_payments (
    canteen  UUID NOT NULL,
    record   UUID NOT NULL,
    due      UUID NOT NULL,
    meal     UUID NOT NULL,
    elder    UUID NOT NULL,
    amount   BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    accepted BOOLEAN NOT NULL,
    PRIMARY KEY (canteen, record)
);
CREATE INDEX refund_payments_by_meal ON refund_payments (canteen, meal);
CREATE INDEX refund_payments_by_due ON refund_payments (canteen, due);

CREATE TABLE canteen_settings (
    canteen    UUID NOT NULL PRIMARY KEY REFERENCES canteens (id),
    offline    TEXT NOT NULL,
    reader     TEXT,
    changed_at BIGINT NOT NULL,
    changed_by UUID REFERENCES users (id)
);

-- How often a terminal asked for a resident ID that it does not hold, and how often somebody was found.
CREATE TABLE lookup_counts (
    terminal UUID NOT NULL REFERENCES terminals (id),
    date     TEXT COLLATE "C" NOT NULL,
    asked    BIGINT NOT NULL,
    found    BIGINT NOT NULL,
    PRIMARY KEY (terminal, date)
);

CREATE FUNCTION forbid_change_of_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.confirmed_at IS NOT NULL THEN
        RAISE EXCEPTION 'an ended epoch stays ended';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER epoch_ends_keep BEFORE UPDATE OR DELETE ON epoch_ends
    FOR EACH ROW EXECUTE FUNCTION forbid_change_of_end();
CREATE TRIGGER witnessed_heads_keep BEFORE UPDATE OR DELETE ON witnessed_heads
    FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER witnessed_heads_stay BEFORE TRUNCATE ON witnessed_heads
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER fork_resolutions_keep BEFORE UPDATE OR DELETE ON fork_resolutions
    FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER fork_resolutions_stay BEFORE TRUNCATE ON fork_resolutions
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER identifications_keep BEFORE UPDATE OR DELETE ON identifications
    FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER identifications_stay BEFORE TRUNCATE ON identifications
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER refund_entries_keep BEFORE UPDATE OR DELETE ON refund_entries
    FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER refund_entries_stay BEFORE TRUNCATE ON refund_entries
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER refund_payments_keep BEFORE UPDATE OR DELETE ON refund_payments
    FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER refund_payments_stay BEFORE TRUNCATE ON refund_payments
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
