-- The list of days is walked through by date, a page at a time.
-- The twin of ../postgres/0062_closes_by_date.sql.

CREATE INDEX day_closes_by_date ON day_closes (date, canteen, revision);
