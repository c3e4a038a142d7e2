-- Who changed what, when: each entry carries the hash of itself and of the one before it, so that a changed, missing
-- or added entry is found when the database is opened.
CREATE TABLE ledger (
    seq     BIGINT NOT NULL PRIMARY KEY,  -- 1, 2, 3 … without gaps
    at      BIGINT NOT NULL,              -- when, microseconds since 1970-01-01 UTC
    kind    TEXT   NOT NULL,              -- what kind of change, a word from the program
    subject TEXT   NOT NULL,              -- id of what was changed
    actor   TEXT   NOT NULL,              -- who did it: role-scoped staff id, program or organisation number
    data    TEXT   NOT NULL,              -- particulars, without personal data
    hash    TEXT   NOT NULL               -- hex SHA-256 over the hash before and the columns of this row
);

-- The end of the chain. Every transaction that changes anything holds this row from its first statement to its
-- commit, so that changes follow one another also when several processes make them.
CREATE TABLE ledger_head (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    seq        BIGINT NOT NULL,  -- number of the last entry, 0 before the first
    hash       TEXT   NOT NULL,  -- its hash, 64 zeros before the first
    open_batch TEXT   NOT NULL,  -- token of the transaction in progress; empty in every committed state
    last_batch TEXT   NOT NULL   -- token of the last committed transaction: answers whether a lost commit took effect
);

INSERT INTO ledger_head (id, seq, hash, open_batch, last_batch)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', '', '');
