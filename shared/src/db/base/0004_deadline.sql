-- Deadlines: one row for each transmission of which a clock runs or ran. Which clocks run, and until when, is computed from
-- what is known of the transmission each time it is looked at; the row says when that is next, and how far the telling of
-- people has come. It is written in the change that makes the clocks run.
CREATE TABLE deadline (
    subject       TEXT   NOT NULL PRIMARY KEY,  -- the transmission
    look_at       BIGINT NULL,                  -- when it is looked at next; null when no clock runs any more
    looked_at     BIGINT NULL,                  -- when it was looked at last; null for never
    clock         TEXT   NULL,                  -- the clock that people are told of because it ran out; null while none did
    due_at        BIGINT NULL,                  -- when that clock ran out; null while none did
    told_rung     TEXT   NULL,                  -- the rung that was told last; null while none was
    told_at       BIGINT NULL,                  -- when that was
    told_repeats  BIGINT NOT NULL,              -- how often the same rung was told again since
    turns         BIGINT NOT NULL,              -- how often somebody was told, of whatever: it never starts anew
    start_rung    TEXT   NULL,                  -- the rung to start at; null for the first
    snoozed_since BIGINT NULL,                  -- when somebody acknowledged first since the last telling; null when nobody has
    snoozed_until BIGINT NULL,                  -- nobody is told again before this; null when nobody has acknowledged
    snoozed_by    TEXT   NULL,                  -- who acknowledged last: role-scoped staff id, or name of the credential
    written_at    BIGINT NOT NULL               -- last written
);

CREATE INDEX deadline_look ON deadline (look_at) WHERE look_at IS NOT NULL;

CREATE INDEX deadline_late ON deadline (due_at, subject) WHERE due_at IS NOT NULL;

-- Every step of an escalation, written once.
CREATE TABLE escalation (
    subject  TEXT   NOT NULL,  -- the transmission
    step     BIGINT NOT NULL,  -- from 1, without gaps
    taken_at BIGINT NOT NULL,  -- when
    kind     TEXT   NOT NULL,  -- announced, told, acknowledged or ended
    clock    TEXT   NOT NULL,  -- the clock that it was about
    due_at   BIGINT NOT NULL,  -- when that is or was due
    rung     TEXT   NULL,      -- whom: the rung of the ladder; null unless somebody was told
    contacts TEXT   NULL,      -- the contacts who were told, by name, with spaces between; null unless somebody was
    actor    TEXT   NOT NULL,  -- program, or who acknowledged: role-scoped staff id, or name of the credential
    PRIMARY KEY (subject, step)
);
