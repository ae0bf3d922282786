-- Cards that end by themselves, and photos of elders, sealed.
-- The twin of ../sqlite/0018_cards.sql: same tables, same columns, same order.

-- The last business date on which the card is good; nothing for one without end.
ALTER TABLE cards ADD COLUMN expires_on TEXT;

CREATE TABLE elder_photos (
    elder      UUID NOT NULL PRIMARY KEY REFERENCES elders (id),
    media_type TEXT NOT NULL CHECK (media_type IN ('image/jpeg', 'image/png')),
    sealed     BYTEA NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by UUID REFERENCES users (id)
);
