-- How far a feed has been fetched is one thing, how old it is another: while all of it is fetched again, what is held is
-- as old as it was. `whole_at` and `scope` tell when all of it was last fetched, and for which elders.
ALTER TABLE feed ADD COLUMN fetched  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN whole_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN scope    BLOB CHECK (length(scope) = 32);
UPDATE feed SET fetched = version;

-- The wait after a wrong PIN runs by the boot's own clock: the other one can be set.
ALTER TABLE pin_failure ADD COLUMN boot      BLOB CHECK (length(boot) = 16);
ALTER TABLE pin_failure ADD COLUMN monotonic INTEGER;
