-- Whether a second person has looked at where a canteen is paid. Nothing is paid before.
-- The twin of ../postgres/0025_payees.sql: same tables, same columns, same order.

ALTER TABLE canteens ADD COLUMN payee_checked INTEGER NOT NULL DEFAULT 1;
