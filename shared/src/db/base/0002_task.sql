-- What a program cannot put right by itself and a person must look at. A task stays open until a named person closes it,
-- or the program finds that its cause is gone.
CREATE TABLE task (
    number    BIGINT NOT NULL PRIMARY KEY,  -- 1, 2, 3 …
    kind      TEXT   NOT NULL,              -- what is wrong, a word from the program
    subject   TEXT   NOT NULL,              -- id of what it is about
    desk      TEXT   NOT NULL,              -- whose it is: district, intake or operator
    data      TEXT   NOT NULL,              -- particulars, without personal data
    opened_at BIGINT NOT NULL,              -- when, microseconds since 1970-01-01 UTC
    closed_at BIGINT NULL,                  -- when; null while it is open
    closed_by TEXT   NULL,                  -- who: role-scoped staff id, or program; null while it is open
    outcome   TEXT   NULL                   -- what came of it, a word; null while it is open
);

CREATE UNIQUE INDEX task_open ON task (kind, subject) WHERE closed_at IS NULL;
