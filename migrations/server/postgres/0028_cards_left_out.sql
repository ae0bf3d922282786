-- Who was on the agreed list of a batch of cards and got none when it was printed, and why.
-- The twin of ../sqlite/0028_cards_left_out.sql: same tables, same columns, same order.

CREATE TABLE cards_left_out (
    batch  UUID NOT NULL REFERENCES card_batches (id),
    elder  UUID NOT NULL REFERENCES elders (id),
    reason TEXT COLLATE "C" NOT NULL CHECK (reason IN ('dead', 'has_card')),
    PRIMARY KEY (batch, elder)
);

CREATE TRIGGER cards_left_out_keep BEFORE UPDATE ON cards_left_out
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('who was left out of a batch of cards is never edited');
CREATE TRIGGER cards_left_out_stay BEFORE DELETE ON cards_left_out
FOR EACH ROW EXECUTE FUNCTION refuse_settled_change('who was left out of a batch of cards is never edited');
CREATE TRIGGER cards_left_out_whole BEFORE TRUNCATE ON cards_left_out FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
