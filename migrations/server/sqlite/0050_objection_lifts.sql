-- What an upheld objection led to is seen to: the payment that it held may be sent.
-- The twin of ../postgres/0050_objection_lifts.sql: same tables, same columns, same order.

CREATE TABLE objection_lifts (
    objection BLOB NOT NULL PRIMARY KEY REFERENCES objections (id),
    reason    TEXT NOT NULL,
    lifted_by BLOB NOT NULL REFERENCES users (id),
    lifted_at INTEGER NOT NULL
) STRICT;

CREATE TRIGGER objection_lifts_keep BEFORE UPDATE ON objection_lifts
    BEGIN SELECT RAISE(ABORT, 'objection_lifts is append-only'); END;
CREATE TRIGGER objection_lifts_stay BEFORE DELETE ON objection_lifts
    BEGIN SELECT RAISE(ABORT, 'objection_lifts is append-only'); END;
