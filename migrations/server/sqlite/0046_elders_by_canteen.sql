-- Every greeting of a terminal asks who is registered at its canteen from elsewhere.
CREATE INDEX elders_by_canteen ON elders (registered_canteen) WHERE registered_canteen IS NOT NULL;
