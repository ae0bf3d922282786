-- How people sign in: one-time passphrases, second factors, sessions that end by themselves.
-- The twin of ../postgres/0014_sign_in.sql: same tables, same columns, same order.

ALTER TABLE users ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN totp BLOB;
ALTER TABLE users ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN totp_at INTEGER;

-- Codes for whoever has lost the second factor: each once, kept as digests.
CREATE TABLE recovery_codes (
    person  BLOB NOT NULL REFERENCES users (id),
    hash    BLOB NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (person, hash)
) STRICT;

ALTER TABLE sessions ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN proven_at INTEGER;
CREATE INDEX sessions_by_person ON sessions (person);
