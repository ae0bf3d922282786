-- What ingest disputed because it did not know the rules is looked for whenever rules are announced.
-- The twin of ../postgres/0043_disputed_records.sql.

CREATE INDEX records_disputed ON records (canteen, business_date) WHERE outcome = 'disputed';
