-- Holds that the office has released: the next draft pays what was held of them.
-- The twin of ../sqlite/0009_releases.sql: same tables, same columns, same order.

CREATE TABLE hold_releases (
    canteen    UUID NOT NULL REFERENCES canteens (id),
    month      TEXT NOT NULL,
    policy     TEXT NOT NULL,
    gate       BIGINT NOT NULL,
    reason     TEXT NOT NULL,
    decided_by UUID NOT NULL REFERENCES users (id),
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (canteen, month, policy, gate)
);

CREATE TRIGGER hold_releases_keep BEFORE UPDATE OR DELETE ON hold_releases
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('hold_releases is append-only');
