-- Photos of the canteen's regulars, sealed. `photo` of the roster tells when the office's was put there: one that is not
-- held, or is another one, is fetched.
ALTER TABLE roster ADD COLUMN photo INTEGER;
CREATE TABLE photo (
  elder      BLOB PRIMARY KEY REFERENCES roster (elder) ON DELETE CASCADE,
  changed    INTEGER NOT NULL,
  media_type TEXT NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png')),
  sealed     BLOB NOT NULL
) STRICT;
