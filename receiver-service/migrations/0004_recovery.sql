-- After a restore from a backup: what the other side of a pair is known to hold beyond what is here.

-- Up to which receipt of this pair the sender has said that it holds; above last_receipt_sequence while what was lost has
-- not come back, and no receipt of the pair is made meanwhile.
ALTER TABLE peer ADD COLUMN held_by_sender_sequence BIGINT NOT NULL DEFAULT 0;

-- 1 while this database may be an older copy of itself, and the sender has not said since where it stands. No receipt of
-- the pair is made meanwhile.
ALTER TABLE peer ADD COLUMN must_be_compared BIGINT NOT NULL DEFAULT 0;

-- Transmissions that receipts which came back are about, and that are not here: when they are submitted again, what still
-- holds of those receipts is stated anew.
CREATE TABLE restoring (
    sender TEXT NOT NULL,                          -- whose
    sent_id TEXT NOT NULL,                         -- the id that the sender gave it
    written_at BIGINT NOT NULL,                    -- when the row was written
    PRIMARY KEY (sender, sent_id)
);
