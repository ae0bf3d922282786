-- How many rows of what the terminal holds of the office could not be saved from a damaged database.
ALTER TABLE damage ADD COLUMN lost INTEGER NOT NULL DEFAULT 0;
