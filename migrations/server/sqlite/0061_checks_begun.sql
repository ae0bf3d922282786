-- How often the check of a list was begun and never came to an end: the server stopped meanwhile.
-- The twin of ../postgres/0061_checks_begun.sql: same tables, same columns, same order.

ALTER TABLE imports ADD COLUMN checks INTEGER NOT NULL DEFAULT 0 CHECK (checks >= 0);
