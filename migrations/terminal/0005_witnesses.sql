-- Heads of the office's audit chain that it told this terminal: the latest few, told back with every hello, so that the
-- office cannot lose or rewrite what they stand for unseen.
CREATE TABLE audit_witness (
  sequence INTEGER PRIMARY KEY,
  hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
