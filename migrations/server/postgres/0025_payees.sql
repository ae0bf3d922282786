-- Whether a second person has looked at where a canteen is paid. Nothing is paid before.
-- The twin of ../sqlite/0025_payees.sql: same tables, same columns, same order.

ALTER TABLE canteens ADD COLUMN payee_checked BOOLEAN NOT NULL DEFAULT TRUE;
