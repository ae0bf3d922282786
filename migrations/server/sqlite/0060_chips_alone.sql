-- How many physical cards a person registered on a day, beside the cards that were issued alone.
-- The twin of ../postgres/0060_chips_alone.sql: same tables, same columns, same order.

ALTER TABLE cards_alone ADD COLUMN chips INTEGER NOT NULL DEFAULT 0 CHECK (chips >= 0);
