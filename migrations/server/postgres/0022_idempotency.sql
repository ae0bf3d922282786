-- Requests that are done once: whose key, what it came with, what was answered. Kept for a day.
CREATE TABLE idempotency_keys (
    person   UUID NOT NULL REFERENCES users (id),
    key      BYTEA NOT NULL,
    request  BYTEA NOT NULL,
    id       UUID NOT NULL UNIQUE,
    begun_at BIGINT NOT NULL,
    done     BOOLEAN NOT NULL,
    answer   BYTEA,
    PRIMARY KEY (person, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (begun_at);
