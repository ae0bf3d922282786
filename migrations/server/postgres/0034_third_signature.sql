-- Who gave a month its third signature (审批), where the region asks for one.
-- The twin of ../sqlite/0034_third_signature.sql: same columns, same order.

ALTER TABLE settlements ADD COLUMN signed_by UUID REFERENCES users (id);
ALTER TABLE settlements ADD COLUMN signed_at BIGINT;
