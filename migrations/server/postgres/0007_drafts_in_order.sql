-- Of meals that compete for a limit those of an earlier draft come first: each draft has its place among all drafts.
-- The twin of ../sqlite/0007_drafts_in_order.sql.

ALTER TABLE settlements ADD COLUMN draft BIGINT NOT NULL DEFAULT 0;
ALTER TABLE elder_meals ADD COLUMN frozen_in BIGINT;
UPDATE elder_meals SET frozen_in = 0 WHERE frozen_by IS NOT NULL;
