-- What elders paid more than was due, to be refunded at a till; and every calendar file that was put in force.
-- The twin of ../postgres/0003_policy_versions.sql: same tables, same columns, same order.

-- A row is one refund of one meal: when more turns out to be due after one was paid, the rest is the next number.
CREATE TABLE refunds (
    canteen      BLOB NOT NULL REFERENCES canteens (id),
    record       BLOB NOT NULL,
    number       INTEGER NOT NULL,
    elder        BLOB NOT NULL REFERENCES elders (id),
    date         TEXT NOT NULL,
    amount       INTEGER NOT NULL CHECK (amount > 0),
    shares       TEXT NOT NULL,
    reason       TEXT NOT NULL,
    listed_at    INTEGER NOT NULL,
    paid_by      BLOB UNIQUE,
    paid_canteen BLOB REFERENCES canteens (id),
    paid_at      INTEGER CHECK ((paid_at IS NULL) = (paid_by IS NULL)),
    PRIMARY KEY (canteen, record, number)
) STRICT;
CREATE INDEX refunds_by_elder ON refunds (elder, date);
CREATE INDEX refunds_by_day ON refunds (canteen, date);
CREATE INDEX refunds_by_record ON refunds (record);
CREATE UNIQUE INDEX refunds_due_once ON refunds (canteen, record) WHERE paid_by IS NULL;

CREATE TABLE calendar_versions (
    number       INTEGER NOT NULL PRIMARY KEY,
    digest       BLOB NOT NULL,
    file_name    TEXT NOT NULL,
    source       TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    published_by BLOB
) STRICT;

CREATE TRIGGER refunds_keep BEFORE UPDATE ON refunds WHEN OLD.paid_by IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a paid refund is append-only'); END;
CREATE TRIGGER refunds_stay BEFORE DELETE ON refunds WHEN OLD.paid_by IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'a paid refund is append-only'); END;
CREATE TRIGGER calendar_versions_keep BEFORE UPDATE ON calendar_versions
    BEGIN SELECT RAISE(ABORT, 'calendar_versions is append-only'); END;
CREATE TRIGGER calendar_versions_stay BEFORE DELETE ON calendar_versions
    BEGIN SELECT RAISE(ABORT, 'calendar_versions is append-only'); END;
