-- What a canteen stated before its capacity was put right: closes of before are held against that.
-- The twin of ../postgres/0055_capacities.sql: same tables, same columns, same order.

CREATE TABLE former_capacities (
    canteen  BLOB NOT NULL REFERENCES canteens (id),
    -- Until then, unix ms.
    at       INTEGER NOT NULL,
    -- Meals a day; nothing where nothing was stated.
    capacity INTEGER,
    PRIMARY KEY (canteen, at)
) STRICT;

CREATE TRIGGER former_capacities_keep BEFORE UPDATE ON former_capacities
    BEGIN SELECT RAISE(ABORT, 'former_capacities is append-only'); END;
CREATE TRIGGER former_capacities_stay BEFORE DELETE ON former_capacities
    BEGIN SELECT RAISE(ABORT, 'former_capacities is append-only'); END;

INSERT INTO former_capacities (canteen, at, capacity)
    SELECT c.canteen, c.at, CAST(NULLIF(json_extract(e.value, '$.old'), '') AS INTEGER)
    FROM corrections c, json_each(c.changes) e
    WHERE c.canteen IS NOT NULL AND json_extract(e.value, '$.field') = 'capacity'
    ON CONFLICT DO NOTHING;
