-- What elders paid more than was due, to be refunded at a till; and every calendar file that was put in force.
-- The twin of ../sqlite/0003_policy_versions.sql: same tables, same columns, same order.

-- A row is one refund of one meal: when more turns out to be due after one was paid, the rest is the next number.
CREATE TABLE refunds (
    canteen      UUID NOT NULL REFERENCES canteens (id),
    record       UUID NOT NULL,
    number       BIGINT NOT NULL,
    elder        UUID NOT NULL REFERENCES elders (id),
    date         TEXT NOT NULL,
    amount       BIGINT NOT NULL CHECK (amount > 0),
    shares       TEXT NOT NULL,
    reason       TEXT NOT NULL,
    listed_at    BIGINT NOT NULL,
    paid_by      UUID UNIQUE,
    paid_canteen UUID REFERENCES canteens (id),
    paid_at      BIGINT CHECK ((paid_at IS NULL) = (paid_by IS NULL)),
    PRIMARY KEY (canteen, record, number)
);
CREATE INDEX refunds_by_elder ON refunds (elder, date);
CREATE INDEX refunds_by_day ON refunds (canteen, date);
CREATE INDEX refunds_by_record ON refunds (record);
CREATE UNIQUE INDEX refunds_due_once ON refunds (canteen, record) WHERE paid_by IS NULL;

CREATE TABLE calendar_versions (
    number       BIGINT NOT NULL PRIMARY KEY,
    digest       BYTEA NOT NULL,
    file_name    TEXT NOT NULL,
    source       TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    published_by UUID
);

CREATE TRIGGER refunds_keep BEFORE UPDATE OR DELETE ON refunds
FOR EACH ROW WHEN (OLD.paid_by IS NOT NULL) EXECUTE FUNCTION refuse_settled_change('a paid refund is append-only');
CREATE TRIGGER calendar_versions_keep BEFORE UPDATE OR DELETE ON calendar_versions
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('calendar_versions is append-only');
