-- What an upheld objection led to is seen to: the payment that it held may be sent.
-- The twin of ../sqlite/0050_objection_lifts.sql: same tables, same columns, same order.

CREATE TABLE objection_lifts (
    objection UUID NOT NULL PRIMARY KEY REFERENCES objections (id),
    reason    TEXT NOT NULL,
    lifted_by UUID NOT NULL REFERENCES users (id),
    lifted_at BIGINT NOT NULL
);

CREATE TRIGGER objection_lifts_keep BEFORE UPDATE OR DELETE ON objection_lifts
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('objection_lifts is append-only');
CREATE TRIGGER objection_lifts_stay BEFORE TRUNCATE ON objection_lifts FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
