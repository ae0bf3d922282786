-- One index by elder and date in place of two by elder: elders come from all over a city, so that every meal wrote a
-- leaf of its own in each of them, and these were most of what storing a batch wrote.
-- The twin of ../postgres/0021_meals_by_elder_and_date.sql: same tables, same columns, same order.

CREATE TABLE elder_meals_by_elder (
    elder      BLOB NOT NULL,
    record     BLOB NOT NULL,
    canteen    BLOB NOT NULL,
    terminal   BLOB NOT NULL,
    epoch      INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    date       TEXT NOT NULL,
    period     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    policy     TEXT,
    lines      TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    voided_by  BLOB,
    frozen_by  BLOB,
    changed_at INTEGER NOT NULL,
    frozen_in  INTEGER,
    PRIMARY KEY (elder, date, record)
) STRICT;
INSERT INTO elder_meals_by_elder SELECT elder, record, canteen, terminal, epoch, sequence, date, period, at, policy,
    lines, outcome, voided_by, frozen_by, changed_at, frozen_in FROM elder_meals;
DROP TABLE elder_meals;
ALTER TABLE elder_meals_by_elder RENAME TO elder_meals;
CREATE INDEX elder_meals_by_day ON elder_meals (canteen, date);
CREATE INDEX elder_meals_by_record ON elder_meals (canteen, record);
CREATE INDEX elder_meals_by_change ON elder_meals (changed_at);
CREATE INDEX elder_meals_by_place ON elder_meals (canteen, changed_at);
