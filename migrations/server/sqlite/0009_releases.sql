-- Holds that the office has released: the next draft pays what was held of them.
-- The twin of ../postgres/0009_releases.sql: same tables, same columns, same order.

CREATE TABLE hold_releases (
    canteen    BLOB NOT NULL REFERENCES canteens (id),
    month      TEXT NOT NULL,
    policy     TEXT NOT NULL,
    gate       INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    decided_by BLOB NOT NULL REFERENCES users (id),
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (canteen, month, policy, gate)
) STRICT;

CREATE TRIGGER hold_releases_keep BEFORE UPDATE ON hold_releases
    BEGIN SELECT RAISE(ABORT, 'hold_releases is append-only'); END;
CREATE TRIGGER hold_releases_stay BEFORE DELETE ON hold_releases
    BEGIN SELECT RAISE(ABORT, 'hold_releases is append-only'); END;
