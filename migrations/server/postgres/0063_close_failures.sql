-- Canteen-days whose close fails by what is stored of them, while it does: the others are closed without them.
-- The twin of ../sqlite/0063_close_failures.sql: same tables, same columns, same order.

CREATE TABLE close_failures (
    canteen   UUID NOT NULL REFERENCES canteens (id),
    date      TEXT NOT NULL,
    -- What went wrong the last time, for whoever looks after the database.
    error     TEXT NOT NULL,
    -- When it failed first, unix ms.
    failed_at BIGINT NOT NULL,
    PRIMARY KEY (canteen, date)
);
