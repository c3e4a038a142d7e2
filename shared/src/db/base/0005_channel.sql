-- A message tells of all notices that wait for a contact. It stays the same until it is taken, so that whoever gets it
-- twice knows it by its id. When a contact cannot be reached, others are told instead. A notice that was told to others
-- and whose own contact is not in the configuration any more ends in the state elsewhere.
ALTER TABLE notice ADD COLUMN message TEXT NULL;       -- id of the message that it was put into; null while in none
ALTER TABLE notice ADD COLUMN relayed_at BIGINT NULL;  -- when it was told to others; null when it was not

CREATE INDEX notice_relayed ON notice (subject) WHERE occasion = 'unreachable';

-- Whether what is sent to a contact arrives.
CREATE TABLE channel (
    contact         TEXT   NOT NULL PRIMARY KEY,  -- a name in the configuration
    last_success_at BIGINT NULL,                  -- when a message was last taken; null before the first
    failing_since   BIGINT NULL,                  -- the first failure since then; null while it works
    failures        BIGINT NOT NULL,              -- failures since then
    last_failure    TEXT   NULL,                  -- why the last one failed, from a closed set; null while it works
    dead_since      BIGINT NULL,                  -- since when others are told instead; null while they are not
    written_at      BIGINT NOT NULL,              -- last written
    written_by      TEXT   NOT NULL               -- by which change
);
