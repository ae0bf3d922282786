-- How people sign in: one-time passphrases, second factors, sessions that end by themselves.
-- The twin of ../sqlite/0014_sign_in.sql: same tables, same columns, same order.

ALTER TABLE users ADD COLUMN must_change BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN totp BYTEA;
ALTER TABLE users ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN totp_at BIGINT;

-- Codes for whoever has lost the second factor: each once, kept as digests.
CREATE TABLE recovery_codes (
    person  UUID NOT NULL REFERENCES users (id),
    hash    BYTEA NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (person, hash)
);

ALTER TABLE sessions ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN proven_at BIGINT;
CREATE INDEX sessions_by_person ON sessions (person);
