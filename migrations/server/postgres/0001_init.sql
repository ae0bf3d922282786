-- What the office holds: places, people, terminals and the records they send.
-- Ids are 16-byte UUIDs, money is fen, instants are unix ms, business dates and months are ISO text.
-- The twin of ../sqlite/0001_init.sql: same tables, same columns, same order.

CREATE TABLE meta (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE regions (
    code   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name   TEXT COLLATE "C" NOT NULL,
    office TEXT COLLATE "C" NOT NULL
);

CREATE TABLE canteens (
    id           UUID NOT NULL PRIMARY KEY,
    region       TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    operator     TEXT COLLATE "C" NOT NULL,
    credit_code  TEXT COLLATE "C" NOT NULL,
    address      TEXT COLLATE "C" NOT NULL,
    phone        TEXT COLLATE "C" NOT NULL,
    bank         TEXT COLLATE "C" NOT NULL,
    account_name TEXT COLLATE "C" NOT NULL,
    account      BYTEA NOT NULL,
    capacity     BIGINT,
    created_at   BIGINT NOT NULL
);
CREATE INDEX canteens_by_region ON canteens (region, name);

CREATE TABLE canteen_facts (
    canteen     UUID NOT NULL REFERENCES canteens (id),
    number      BIGINT NOT NULL,
    valid_from  TEXT COLLATE "C" NOT NULL,
    known_from  BIGINT NOT NULL,
    fact        TEXT NOT NULL,
    recorded_by UUID,
    PRIMARY KEY (canteen, number)
);

CREATE TABLE prices (
    canteen     UUID NOT NULL REFERENCES canteens (id),
    number      BIGINT NOT NULL,
    valid_from  TEXT COLLATE "C" NOT NULL,
    period      TEXT COLLATE "C" NOT NULL,
    price       BIGINT NOT NULL,
    known_from  BIGINT NOT NULL,
    recorded_by UUID,
    PRIMARY KEY (canteen, number)
);

CREATE TABLE elders (
    id                 UUID NOT NULL PRIMARY KEY,
    region             TEXT COLLATE "C" NOT NULL,
    name               TEXT COLLATE "C" NOT NULL,
    sort_key           TEXT COLLATE "C" NOT NULL,
    female             BOOLEAN NOT NULL,
    birth              TEXT COLLATE "C" NOT NULL,
    resident_id        BYTEA NOT NULL,
    resident_id_digest BYTEA NOT NULL UNIQUE,
    phone              BYTEA,
    phone_digest       BYTEA,
    registered_canteen UUID REFERENCES canteens (id),
    registered_at      BIGINT NOT NULL,
    changed_at         BIGINT NOT NULL
);
CREATE INDEX elders_by_change ON elders (changed_at);
CREATE INDEX elders_by_name ON elders (sort_key, id);
CREATE INDEX elders_by_phone ON elders (phone_digest) WHERE phone_digest IS NOT NULL;

CREATE TABLE elder_facts (
    elder       UUID NOT NULL REFERENCES elders (id),
    number      BIGINT NOT NULL,
    valid_from  TEXT COLLATE "C" NOT NULL,
    known_from  BIGINT NOT NULL,
    fact        TEXT NOT NULL,
    recorded_by UUID,
    PRIMARY KEY (elder, number)
);

CREATE TABLE cards (
    id         UUID NOT NULL PRIMARY KEY,
    elder      UUID NOT NULL REFERENCES elders (id),
    digest     BYTEA NOT NULL UNIQUE,
    number     BYTEA NOT NULL,
    tail       TEXT COLLATE "C" NOT NULL,
    issued_at  BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX cards_by_elder ON cards (elder, issued_at);

CREATE TABLE cashiers (
    id         UUID NOT NULL PRIMARY KEY,
    canteen    UUID NOT NULL REFERENCES canteens (id),
    name       TEXT COLLATE "C" NOT NULL,
    pin_hash   TEXT NOT NULL,
    supervisor BOOLEAN NOT NULL,
    added_at   BIGINT NOT NULL,
    left_at    BIGINT,
    UNIQUE (canteen, name)
);

CREATE TABLE terminals (
    id          UUID NOT NULL PRIMARY KEY,
    canteen     UUID NOT NULL REFERENCES canteens (id),
    public_key  BYTEA NOT NULL UNIQUE,
    enrolled_at BIGINT NOT NULL,
    revoked_at  BIGINT,
    seen_at     BIGINT,
    software    TEXT COLLATE "C",
    unsent      BIGINT
);
CREATE INDEX terminals_by_canteen ON terminals (canteen);

CREATE TABLE enrolment_codes (
    hash       BYTEA NOT NULL PRIMARY KEY,
    canteen    UUID NOT NULL REFERENCES canteens (id),
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    issued_by  UUID,
    used_by    UUID REFERENCES terminals (id)
);

-- How far each life of a terminal's journal has an outcome: every sequence below `next` has one.
CREATE TABLE terminal_epochs (
    canteen  UUID NOT NULL,
    terminal UUID NOT NULL REFERENCES terminals (id),
    epoch    BIGINT NOT NULL,
    next     BIGINT NOT NULL,
    last_at  BIGINT,
    PRIMARY KEY (canteen, terminal, epoch)
);

-- Every record that has an outcome and can be a record of its terminal. The bytes are what the terminal signed;
-- the other columns are read from them once, for searching.
CREATE TABLE records (
    canteen       UUID NOT NULL,
    id            UUID NOT NULL,
    terminal      UUID NOT NULL REFERENCES terminals (id),
    epoch         BIGINT NOT NULL,
    sequence      BIGINT NOT NULL,
    business_date TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    at            BIGINT NOT NULL,
    shift         UUID,
    voids         UUID,
    bytes         BYTEA NOT NULL,
    hash          BYTEA NOT NULL,
    previous      BYTEA NOT NULL,
    signature     BYTEA NOT NULL,
    outcome       TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('accepted', 'disputed')),
    dispute       TEXT COLLATE "C" CHECK ((dispute IS NULL) = (outcome = 'accepted')),
    received_at   BIGINT NOT NULL,
    UNIQUE (canteen, id),
    UNIQUE (canteen, terminal, epoch, sequence)
);
CREATE INDEX records_by_day ON records (canteen, business_date);
CREATE INDEX records_by_void ON records (canteen, voids) WHERE voids IS NOT NULL;

-- Records that came ahead of a gap: stored, without an outcome until the gap is filled.
CREATE TABLE waiting_records (
    canteen     UUID NOT NULL,
    terminal    UUID NOT NULL REFERENCES terminals (id),
    epoch       BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    digest      BYTEA NOT NULL,
    bytes       BYTEA NOT NULL,
    signature   BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (canteen, terminal, epoch, sequence, digest)
);

-- What a terminal sent that cannot be a record of it. Nothing is thrown away.
CREATE TABLE quarantine (
    canteen     UUID NOT NULL,
    terminal    UUID NOT NULL REFERENCES terminals (id),
    epoch       BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    digest      BYTEA NOT NULL,
    record      UUID,
    bytes       BYTEA NOT NULL,
    signature   BYTEA NOT NULL,
    hash        BYTEA NOT NULL,
    rejection   TEXT COLLATE "C" NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (canteen, terminal, epoch, sequence, digest)
);

-- What limits need over all canteens: every stored meal of a known elder.
CREATE TABLE elder_meals (
    elder      UUID NOT NULL,
    record     UUID NOT NULL,
    canteen    UUID NOT NULL,
    terminal   UUID NOT NULL,
    epoch      BIGINT NOT NULL,
    sequence   BIGINT NOT NULL,
    date       TEXT COLLATE "C" NOT NULL,
    period     TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    policy     TEXT COLLATE "C",
    lines      TEXT NOT NULL,
    outcome    TEXT COLLATE "C" NOT NULL,
    voided_by  UUID,
    frozen_by  UUID,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (elder, record)
);
CREATE INDEX elder_meals_by_date ON elder_meals (elder, date);
CREATE INDEX elder_meals_by_day ON elder_meals (canteen, date);
CREATE INDEX elder_meals_by_record ON elder_meals (canteen, record);
CREATE INDEX elder_meals_by_change ON elder_meals (changed_at);

CREATE TABLE policies (
    id           TEXT COLLATE "C" NOT NULL,
    version      BIGINT NOT NULL,
    number       BIGINT NOT NULL UNIQUE,
    hash         BYTEA NOT NULL UNIQUE,
    source       TEXT NOT NULL,
    announced_at BIGINT NOT NULL,
    announced_by UUID,
    PRIMARY KEY (id, version)
);

CREATE TABLE calendars (
    digest       BYTEA NOT NULL PRIMARY KEY,
    calendar     TEXT NOT NULL,
    published_at BIGINT NOT NULL
);

CREATE TABLE users (
    id              UUID NOT NULL PRIMARY KEY,
    name            TEXT COLLATE "C" NOT NULL UNIQUE,
    passphrase_hash TEXT NOT NULL,
    role            TEXT COLLATE "C" NOT NULL,
    region          TEXT COLLATE "C" NOT NULL,
    canteen         UUID REFERENCES canteens (id),
    failures        BIGINT NOT NULL DEFAULT 0,
    locked_until    BIGINT NOT NULL DEFAULT 0,
    created_at      BIGINT NOT NULL,
    left_at         BIGINT
);

CREATE TABLE sessions (
    hash       BYTEA NOT NULL PRIMARY KEY,
    person     UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Which canteen-days have changed since they were last closed: `version` counts what touched the day, and a close
-- writes the version it read into `closed_version`.
CREATE TABLE day_states (
    canteen        UUID NOT NULL REFERENCES canteens (id),
    date           TEXT COLLATE "C" NOT NULL,
    version        BIGINT NOT NULL,
    closed_version BIGINT NOT NULL DEFAULT 0,
    touched_at     BIGINT NOT NULL,
    PRIMARY KEY (canteen, date)
);
CREATE INDEX day_states_dirty ON day_states (date, canteen) WHERE version > closed_version;

-- Neighbours in a journal whose hashes do not fit: a fork, or a journal that was edited.
CREATE VIEW chain_breaks AS
    SELECT r.canteen, r.terminal, r.epoch, r.sequence, r.id, r.business_date, p.hash AS stored, r.previous AS named
    FROM records r
    JOIN records p ON p.canteen = r.canteen AND p.terminal = r.terminal AND p.epoch = r.epoch
        AND p.sequence = r.sequence - 1
    WHERE p.hash <> r.previous;

CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER records_keep BEFORE UPDATE OR DELETE ON records FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER records_stay BEFORE TRUNCATE ON records FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER quarantine_keep BEFORE UPDATE OR DELETE ON quarantine FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER quarantine_stay BEFORE TRUNCATE ON quarantine FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER elder_facts_keep BEFORE UPDATE OR DELETE ON elder_facts FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER elder_facts_stay BEFORE TRUNCATE ON elder_facts FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER canteen_facts_keep BEFORE UPDATE OR DELETE ON canteen_facts FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER canteen_facts_stay BEFORE TRUNCATE ON canteen_facts FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER prices_keep BEFORE UPDATE OR DELETE ON prices FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER prices_stay BEFORE TRUNCATE ON prices FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER policies_keep BEFORE UPDATE OR DELETE ON policies FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER policies_stay BEFORE TRUNCATE ON policies FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
