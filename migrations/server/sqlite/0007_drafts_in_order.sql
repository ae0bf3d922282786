-- Of meals that compete for a limit those of an earlier draft come first: each draft has its place among all drafts.
-- The twin of ../postgres/0007_drafts_in_order.sql.

ALTER TABLE settlements ADD COLUMN draft INTEGER NOT NULL DEFAULT 0;
ALTER TABLE elder_meals ADD COLUMN frozen_in INTEGER;
UPDATE elder_meals SET frozen_in = 0 WHERE frozen_by IS NOT NULL;
