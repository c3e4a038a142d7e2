-- Credentials end by themselves, as the receiver's do. Those from before end 400 days after they were issued, which is
-- the longest time for which one is issued.

-- From when it is not valid any more. The default, long ago, is for nobody: every insert says when.
ALTER TABLE credential ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;

UPDATE credential SET expires_at = issued_at + 34560000000000;
