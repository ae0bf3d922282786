-- What follows a month's approval: disclosure, objections, payments, archive. Approved months and statements stay as
-- they are; what happens to them afterwards is appended here.
-- The twin of ../sqlite/0006_payment.sql: same tables, same columns, same order.

CREATE TABLE disclosures (
    region       TEXT NOT NULL,
    month        TEXT NOT NULL,
    until        TEXT NOT NULL,
    disclosed_by UUID NOT NULL REFERENCES users (id),
    disclosed_at BIGINT NOT NULL,
    PRIMARY KEY (region, month),
    FOREIGN KEY (region, month) REFERENCES settlements (region, month)
);

CREATE TABLE archives (
    region      TEXT NOT NULL,
    month       TEXT NOT NULL,
    archived_by UUID NOT NULL REFERENCES users (id),
    archived_at BIGINT NOT NULL,
    PRIMARY KEY (region, month),
    FOREIGN KEY (region, month) REFERENCES disclosures (region, month)
);

CREATE TABLE objections (
    id          UUID NOT NULL PRIMARY KEY,
    statement   UUID NOT NULL REFERENCES statements (id),
    content     TEXT NOT NULL,
    noted_by    UUID NOT NULL REFERENCES users (id),
    noted_at    BIGINT NOT NULL,
    upheld      BIGINT CHECK (upheld IN (0, 1)),
    reason      TEXT,
    decided_by  UUID REFERENCES users (id),
    decided_at  BIGINT,
    CHECK ((upheld IS NULL) = (decided_by IS NULL)),
    CHECK (decided_by IS NULL OR decided_by <> noted_by)
);
CREATE INDEX objections_by_statement ON objections (statement);

CREATE TABLE payments (
    statement UUID NOT NULL REFERENCES statements (id),
    number    BIGINT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('sent', 'confirmed', 'returned')),
    reference TEXT NOT NULL,
    noted_by  UUID NOT NULL REFERENCES users (id),
    noted_at  BIGINT NOT NULL,
    PRIMARY KEY (statement, number)
);

CREATE TRIGGER disclosures_keep BEFORE UPDATE OR DELETE ON disclosures
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('disclosures is append-only');
CREATE TRIGGER archives_keep BEFORE UPDATE OR DELETE ON archives
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('archives is append-only');
CREATE TRIGGER objections_keep BEFORE UPDATE ON objections
FOR EACH ROW WHEN (OLD.upheld IS NOT NULL) EXECUTE FUNCTION refuse_settled_change('a decided objection is append-only');
CREATE TRIGGER objections_stay BEFORE DELETE ON objections
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('objections is append-only');
CREATE TRIGGER payments_keep BEFORE UPDATE OR DELETE ON payments
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('payments is append-only');
