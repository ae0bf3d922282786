-- Pages and reports read statements by region and month; without an index each read all of them, contents and all.
-- The twin of ../postgres/0035_statements_by_month.sql.

CREATE INDEX statements_by_month ON statements (region, month, version);
