-- Requests that are done once: whose key, what it came with, what was answered. Kept for a day.
CREATE TABLE idempotency_keys (
    person   BLOB NOT NULL REFERENCES users (id),
    key      BLOB NOT NULL,
    request  BLOB NOT NULL,
    id       BLOB NOT NULL UNIQUE,
    begun_at INTEGER NOT NULL,
    done     INTEGER NOT NULL CHECK (done IN (0, 1)),
    answer   BLOB,
    PRIMARY KEY (person, key)
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (begun_at);
