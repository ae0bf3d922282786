-- What concerns people in whose hands money is, and the calendar, takes two as well. A second factor that is being taken
-- up stands beside the one in use until a code of it was shown.
-- The twin of ../sqlite/0040_two_for_people.sql: same tables, same columns, same order.

ALTER TABLE proposals DROP CONSTRAINT proposals_kind_check;
ALTER TABLE proposals ADD CONSTRAINT proposals_kind_check
    CHECK (kind IN ('policy', 'price', 'payee', 'demand', 'budget', 'person', 'calendar'));

ALTER TABLE users ADD COLUMN totp_new BYTEA;
