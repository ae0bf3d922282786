-- Pages of findings read the days that found something, of a quiet month few of many, and what was said about them. A
-- close is written without spaces: one that found nothing says so in so many characters.
-- The twin of ../postgres/0051_days_with_findings.sql.

CREATE INDEX day_closes_with_findings ON day_closes (canteen, date, revision)
    WHERE content NOT LIKE '%"findings":[]%';
CREATE INDEX finding_steps_by_day ON finding_steps (canteen, date);
