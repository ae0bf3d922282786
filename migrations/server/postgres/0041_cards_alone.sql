-- How many cards a person issued by the sheet on a day without a second person.
-- The twin of ../sqlite/0041_cards_alone.sql: same tables, same columns, same order.

CREATE TABLE cards_alone (
    person UUID NOT NULL REFERENCES users (id),
    date   TEXT COLLATE "C" NOT NULL,
    cards  BIGINT NOT NULL CHECK (cards >= 0),
    PRIMARY KEY (person, date)
);
