-- Who was on the agreed list of a batch of cards and got none when it was printed, and why.
-- The twin of ../postgres/0028_cards_left_out.sql: same tables, same columns, same order.

CREATE TABLE cards_left_out (
    batch  BLOB NOT NULL REFERENCES card_batches (id),
    elder  BLOB NOT NULL REFERENCES elders (id),
    reason TEXT NOT NULL CHECK (reason IN ('dead', 'has_card')),
    PRIMARY KEY (batch, elder)
) STRICT;

CREATE TRIGGER cards_left_out_keep BEFORE UPDATE ON cards_left_out
    BEGIN SELECT RAISE(ABORT, 'who was left out of a batch of cards is never edited'); END;
CREATE TRIGGER cards_left_out_stay BEFORE DELETE ON cards_left_out
    BEGIN SELECT RAISE(ABORT, 'who was left out of a batch of cards is never edited'); END;
