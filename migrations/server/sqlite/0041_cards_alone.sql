-- How many cards a person issued by the sheet on a day without a second person.
-- The twin of ../postgres/0041_cards_alone.sql: same tables, same columns, same order.

CREATE TABLE cards_alone (
    person BLOB NOT NULL REFERENCES users (id),
    date   TEXT NOT NULL,
    cards  INTEGER NOT NULL CHECK (cards >= 0),
    PRIMARY KEY (person, date)
) STRICT;
