-- What the office holds: places, people, terminals and the records they send.
-- Ids are 16-byte UUIDs, money is fen, instants are unix ms, business dates and months are ISO text.
-- The twin of ../postgres/0001_init.sql: same tables, same columns, same order.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE regions (
    code   TEXT NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    office TEXT NOT NULL
) STRICT;

CREATE TABLE canteens (
    id           BLOB NOT NULL PRIMARY KEY,
    region       TEXT NOT NULL,
    name         TEXT NOT NULL,
    operator     TEXT NOT NULL,
    credit_code  TEXT NOT NULL,
    address      TEXT NOT NULL,
    phone        TEXT NOT NULL,
    bank         TEXT NOT NULL,
    account_name TEXT NOT NULL,
    account      BLOB NOT NULL,
    capacity     INTEGER,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX canteens_by_region ON canteens (region, name);

CREATE TABLE canteen_facts (
    canteen     BLOB NOT NULL REFERENCES canteens (id),
    number      INTEGER NOT NULL,
    valid_from  TEXT NOT NULL,
    known_from  INTEGER NOT NULL,
    fact        TEXT NOT NULL,
    recorded_by BLOB,
    PRIMARY KEY (canteen, number)
) STRICT;

CREATE TABLE prices (
    canteen     BLOB NOT NULL REFERENCES canteens (id),
    number      INTEGER NOT NULL,
    valid_from  TEXT NOT NULL,
    period      TEXT NOT NULL,
    price       INTEGER NOT NULL,
    known_from  INTEGER NOT NULL,
    recorded_by BLOB,
    PRIMARY KEY (canteen, number)
) STRICT;

CREATE TABLE elders (
    id                 BLOB NOT NULL PRIMARY KEY,
    region             TEXT NOT NULL,
    name               TEXT NOT NULL,
    sort_key           TEXT NOT NULL,
    female             INTEGER NOT NULL,
    birth              TEXT NOT NULL,
    resident_id        BLOB NOT NULL,
    resident_id_digest BLOB NOT NULL UNIQUE,
    phone              BLOB,
    phone_digest       BLOB,
    registered_canteen BLOB REFERENCES canteens (id),
    registered_at      INTEGER NOT NULL,
    changed_at         INTEGER NOT NULL
) STRICT;
CREATE INDEX elders_by_change ON elders (changed_at);
CREATE INDEX elders_by_name ON elders (sort_key, id);
CREATE INDEX elders_by_phone ON elders (phone_digest) WHERE phone_digest IS NOT NULL;

CREATE TABLE elder_facts (
    elder       BLOB NOT NULL REFERENCES elders (id),
    number      INTEGER NOT NULL,
    valid_from  TEXT NOT NULL,
    known_from  INTEGER NOT NULL,
    fact        TEXT NOT NULL,
    recorded_by BLOB,
    PRIMARY KEY (elder, number)
) STRICT;

CREATE TABLE cards (
    id         BLOB NOT NULL PRIMARY KEY,
    elder      BLOB NOT NULL REFERENCES elders (id),
    digest     BLOB NOT NULL UNIQUE,
    number     BLOB NOT NULL,
    tail       TEXT NOT NULL,
    issued_at  INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX cards_by_elder ON cards (elder, issued_at);

CREATE TABLE cashiers (
    id         BLOB NOT NULL PRIMARY KEY,
    canteen    BLOB NOT NULL REFERENCES canteens (id),
    name       TEXT NOT NULL,
    pin_hash   TEXT NOT NULL,
    supervisor INTEGER NOT NULL,
    added_at   INTEGER NOT NULL,
    left_at    INTEGER,
    UNIQUE (canteen, name)
) STRICT;

CREATE TABLE terminals (
    id          BLOB NOT NULL PRIMARY KEY,
    canteen     BLOB NOT NULL REFERENCES canteens (id),
    public_key  BLOB NOT NULL UNIQUE,
    enrolled_at INTEGER NOT NULL,
    revoked_at  INTEGER,
    seen_at     INTEGER,
    software    TEXT,
    unsent      INTEGER
) STRICT;
CREATE INDEX terminals_by_canteen ON terminals (canteen);

CREATE TABLE enrolment_codes (
    hash       BLOB NOT NULL PRIMARY KEY,
    canteen    BLOB NOT NULL REFERENCES canteens (id),
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    issued_by  BLOB,
    used_by    BLOB REFERENCES terminals (id)
) STRICT;

-- How far each life of a terminal's journal has an outcome: every sequence below `next` has one.
CREATE TABLE terminal_epochs (
    canteen  BLOB NOT NULL,
    terminal BLOB NOT NULL REFERENCES terminals (id),
    epoch    INTEGER NOT NULL,
    next     INTEGER NOT NULL,
    last_at  INTEGER,
    PRIMARY KEY (canteen, terminal, epoch)
) STRICT;

-- Every record that has an outcome and can be a record of its terminal. The bytes are what the terminal signed;
-- the other columns are read from them once, for searching.
CREATE TABLE records (
    canteen       BLOB NOT NULL,
    id            BLOB NOT NULL,
    terminal      BLOB NOT NULL REFERENCES terminals (id),
    epoch         INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    business_date TEXT NOT NULL,
    kind          TEXT NOT NULL,
    at            INTEGER NOT NULL,
    shift         BLOB,
    voids         BLOB,
    bytes         BLOB NOT NULL,
    hash          BLOB NOT NULL,
    previous      BLOB NOT NULL,
    signature     BLOB NOT NULL,
    outcome       TEXT NOT NULL CHECK (outcome IN ('accepted', 'disputed')),
    dispute       TEXT CHECK ((dispute IS NULL) = (outcome = 'accepted')),
    received_at   INTEGER NOT NULL,
    UNIQUE (canteen, id),
    UNIQUE (canteen, terminal, epoch, sequence)
) STRICT;
CREATE INDEX records_by_day ON records (canteen, business_date);
CREATE INDEX records_by_void ON records (canteen, voids) WHERE voids IS NOT NULL;

-- Records that came ahead of a gap: stored, without an outcome until the gap is filled.
CREATE TABLE waiting_records (
    canteen     BLOB NOT NULL,
    terminal    BLOB NOT NULL REFERENCES terminals (id),
    epoch       INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    digest      BLOB NOT NULL,
    bytes       BLOB NOT NULL,
    signature   BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (canteen, terminal, epoch, sequence, digest)
) STRICT;

-- What a terminal sent that cannot be a record of it. Nothing is thrown away.
CREATE TABLE quarantine (
    canteen     BLOB NOT NULL,
    terminal    BLOB NOT NULL REFERENCES terminals (id),
    epoch       INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    digest      BLOB NOT NULL,
    record      BLOB,
    bytes       BLOB NOT NULL,
    signature   BLOB NOT NULL,
    hash        BLOB NOT NULL,
    rejection   TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    PRIMARY KEY (canteen, terminal, epoch, sequence, digest)
) STRICT;

-- What limits need over all canteens: every stored meal of a known elder.
CREATE TABLE elder_meals (
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
    PRIMARY KEY (elder, record)
) STRICT;
CREATE INDEX elder_meals_by_date ON elder_meals (elder, date);
CREATE INDEX elder_meals_by_day ON elder_meals (canteen, date);
CREATE INDEX elder_meals_by_record ON elder_meals (canteen, record);
CREATE INDEX elder_meals_by_change ON elder_meals (changed_at);

CREATE TABLE policies (
    id           TEXT NOT NULL,
    version      INTEGER NOT NULL,
    number       INTEGER NOT NULL UNIQUE,
    hash         BLOB NOT NULL UNIQUE,
    source       TEXT NOT NULL,
    announced_at INTEGER NOT NULL,
    announced_by BLOB,
    PRIMARY KEY (id, version)
) STRICT;

CREATE TABLE calendars (
    digest       BLOB NOT NULL PRIMARY KEY,
    calendar     TEXT NOT NULL,
    published_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id              BLOB NOT NULL PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    passphrase_hash TEXT NOT NULL,
    role            TEXT NOT NULL,
    region          TEXT NOT NULL,
    canteen         BLOB REFERENCES canteens (id),
    failures        INTEGER NOT NULL DEFAULT 0,
    locked_until    INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    left_at         INTEGER
) STRICT;

CREATE TABLE sessions (
    hash       BLOB NOT NULL PRIMARY KEY,
    person     BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Which canteen-days have changed since they were last closed: `version` counts what touched the day, and a close
-- writes the version it read into `closed_version`.
CREATE TABLE day_states (
    canteen        BLOB NOT NULL REFERENCES canteens (id),
    date           TEXT NOT NULL,
    version        INTEGER NOT NULL,
    closed_version INTEGER NOT NULL DEFAULT 0,
    touched_at     INTEGER NOT NULL,
    PRIMARY KEY (canteen, date)
) STRICT;
CREATE INDEX day_states_dirty ON day_states (date, canteen) WHERE version > closed_version;

-- Neighbours in a journal whose hashes do not fit: a fork, or a journal that was edited.
CREATE VIEW chain_breaks AS
    SELECT r.canteen, r.terminal, r.epoch, r.sequence, r.id, r.business_date, p.hash AS stored, r.previous AS named
    FROM records r
    JOIN records p ON p.canteen = r.canteen AND p.terminal = r.terminal AND p.epoch = r.epoch
        AND p.sequence = r.sequence - 1
    WHERE p.hash <> r.previous;

CREATE TRIGGER records_keep BEFORE UPDATE ON records
    BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
CREATE TRIGGER records_stay BEFORE DELETE ON records
    BEGIN SELECT RAISE(ABORT, 'records are append-only'); END;
CREATE TRIGGER quarantine_keep BEFORE UPDATE ON quarantine
    BEGIN SELECT RAISE(ABORT, 'quarantine is append-only'); END;
CREATE TRIGGER quarantine_stay BEFORE DELETE ON quarantine
    BEGIN SELECT RAISE(ABORT, 'quarantine is append-only'); END;
CREATE TRIGGER elder_facts_keep BEFORE UPDATE ON elder_facts
    BEGIN SELECT RAISE(ABORT, 'elder_facts is append-only'); END;
CREATE TRIGGER elder_facts_stay BEFORE DELETE ON elder_facts
    BEGIN SELECT RAISE(ABORT, 'elder_facts is append-only'); END;
CREATE TRIGGER canteen_facts_keep BEFORE UPDATE ON canteen_facts
    BEGIN SELECT RAISE(ABORT, 'canteen_facts is append-only'); END;
CREATE TRIGGER canteen_facts_stay BEFORE DELETE ON canteen_facts
    BEGIN SELECT RAISE(ABORT, 'canteen_facts is append-only'); END;
CREATE TRIGGER prices_keep BEFORE UPDATE ON prices
    BEGIN SELECT RAISE(ABORT, 'prices is append-only'); END;
CREATE TRIGGER prices_stay BEFORE DELETE ON prices
    BEGIN SELECT RAISE(ABORT, 'prices is append-only'); END;
CREATE TRIGGER policies_keep BEFORE UPDATE ON policies
    BEGIN SELECT RAISE(ABORT, 'policies is append-only'); END;
CREATE TRIGGER policies_stay BEFORE DELETE ON policies
    BEGIN SELECT RAISE(ABORT, 'policies is append-only'); END;
