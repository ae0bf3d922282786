-- Further portions of a sale, with the id of the sale: that of its first portion, which has no row here. A record says
-- nothing of it; the till needs it to know which meals were sold together.
CREATE TABLE portion (
  record BLOB PRIMARY KEY REFERENCES record (id),
  sale   BLOB NOT NULL    REFERENCES record (id)
) STRICT;
CREATE INDEX portion_by_sale ON portion (sale);

-- Of what was sold before only the instant tells: in the shift that may still be open, a guest's meal of the same instant
-- as an earlier one belongs to it.
INSERT INTO portion (record, sale)
SELECT record, sale FROM (
  SELECT r.id AS record,
         (SELECT f.id FROM record f WHERE f.shift = r.shift AND f.kind = 'meal' AND f.at = r.at
           AND (f.epoch, f.sequence) < (r.epoch, r.sequence) ORDER BY f.epoch, f.sequence LIMIT 1) AS sale
  FROM record r
  WHERE r.kind = 'meal' AND r.elder IS NULL
    AND r.shift = (SELECT shift FROM record WHERE kind = 'shift_open' ORDER BY epoch DESC, sequence DESC LIMIT 1))
WHERE sale IS NOT NULL;
