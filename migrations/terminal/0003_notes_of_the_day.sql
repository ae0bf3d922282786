-- What a canteen notes for itself: nothing of it is a record, and nothing of it is settled.

-- Meals of a delivery round that were handed over.
CREATE TABLE delivered (
  record  BLOB PRIMARY KEY REFERENCES record (id),
  cashier BLOB NOT NULL CHECK (length(cashier) = 16),
  at      INTEGER NOT NULL
) STRICT;

-- The dishes of a meal, for the elder's display.
CREATE TABLE menu (
  business_date TEXT NOT NULL CHECK (length(business_date) = 10),
  period        TEXT NOT NULL,
  dishes        TEXT NOT NULL,
  PRIMARY KEY (business_date, period)
) STRICT;

-- One row while the program runs; a row at the start says that the last run did not end in order.
CREATE TABLE running (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  since    INTEGER NOT NULL
) STRICT;
-- Runs that did not end in order, until a cashier has read of it.
CREATE TABLE interrupted (
  number     INTEGER PRIMARY KEY,
  started_at INTEGER NOT NULL,
  found_at   INTEGER NOT NULL,
  seen_at    INTEGER
) STRICT;

-- Every screen asks for these after every key: they must not grow with the day.
CREATE INDEX record_to_deliver ON record (business_date) WHERE mode = 'delivery';
CREATE INDEX outcome_in_doubt ON outcome (epoch, sequence) WHERE json_extract(outcome, '$.outcome') <> 'accepted';
