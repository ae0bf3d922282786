-- One index by elder and date in place of two by elder: elders come from all over a city, so that every meal wrote a
-- leaf of its own in each of them, and these were most of what storing a batch wrote.
-- The twin of ../sqlite/0021_meals_by_elder_and_date.sql: same tables, same columns, same order.

DROP INDEX elder_meals_by_date;
ALTER TABLE elder_meals DROP CONSTRAINT elder_meals_pkey;
ALTER TABLE elder_meals ADD PRIMARY KEY (elder, date, record);
