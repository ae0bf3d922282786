-- What a canteen stated before its capacity was put right: closes of before are held against that.
-- The twin of ../sqlite/0055_capacities.sql: same tables, same columns, same order.

CREATE TABLE former_capacities (
    canteen  UUID NOT NULL REFERENCES canteens (id),
    -- Until then, unix ms.
    at       BIGINT NOT NULL,
    -- Meals a day; nothing where nothing was stated.
    capacity BIGINT,
    PRIMARY KEY (canteen, at)
);

CREATE TRIGGER former_capacities_keep BEFORE UPDATE OR DELETE ON former_capacities
    FOR EACH ROW EXECUTE FUNCTION forbid_change();
CREATE TRIGGER former_capacities_stay BEFORE TRUNCATE ON former_capacities
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

INSERT INTO former_capacities (canteen, at, capacity)
    SELECT c.canteen, c.at, CAST(NULLIF(e.value ->> 'old', '') AS BIGINT)
    FROM corrections c, json_array_elements(CAST(c.changes AS JSON)) e
    WHERE c.canteen IS NOT NULL AND e.value ->> 'field' = 'capacity'
    ON CONFLICT DO NOTHING;
