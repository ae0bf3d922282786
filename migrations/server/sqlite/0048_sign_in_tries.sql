-- Failed sign-ins are counted by where they come from, for names that nobody has as for others; and from where people have
-- signed in before, whom failures from elsewhere do not hold up.
-- The twin of ../postgres/0048_sign_in_tries.sql: same tables, same columns, same order.

CREATE TABLE sign_in_tries (
    -- A keyed digest of the name with the address, of a device, or of a session.
    bucket       BLOB NOT NULL PRIMARY KEY,
    -- Whose name it is, if it is anybody's.
    person       BLOB REFERENCES users (id),
    failures     INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX sign_in_tries_by_person ON sign_in_tries (person) WHERE person IS NOT NULL;
CREATE INDEX sign_in_tries_by_time ON sign_in_tries (changed_at);

CREATE TABLE known_devices (
    -- A keyed digest of a browser's long-lived cookie, or of an address.
    hash    BLOB NOT NULL,
    person  BLOB NOT NULL REFERENCES users (id),
    used_at INTEGER NOT NULL,
    PRIMARY KEY (hash, person)
) STRICT;
CREATE INDEX known_devices_by_person ON known_devices (person);

-- A lock of the name alone is one that was made at the office's own computer.
UPDATE users SET failures = 0, locked_until = 0 WHERE locked_until < 253402214400000;
