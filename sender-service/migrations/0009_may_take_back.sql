-- 1 while this database may be an older copy of itself, or a person said that it is: then what the receiver says that it was
-- sent is taken back from it. Else nothing that a receiver says makes a report of this sender.
ALTER TABLE receiver ADD COLUMN may_take_back BIGINT NOT NULL DEFAULT 0;
