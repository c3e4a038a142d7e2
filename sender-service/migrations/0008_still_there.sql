-- Still there? When each transmission is asked for next, what was answered, and what is in doubt.

-- The questions: one row for each transmission that its receiver says it holds. Apart from the transmission itself, whose
-- row is written often while it is delivered and never afterwards.
CREATE TABLE confirmation (
    -- Which.
    transmission_id TEXT NOT NULL PRIMARY KEY REFERENCES transmission (transmission_id),
    -- Who is asked.
    receiver TEXT NOT NULL,
    -- When it was handed over last: the schedule counts from here.
    held_since BIGINT NOT NULL,
    -- When the next question is due; NULL while none is: every child is assessed or ended, or it is being sent again.
    due_at BIGINT,
    -- Why it is due: schedule, hand (a person asked for it), faulty (made by software that was marked), again (in doubt).
    reason TEXT NOT NULL,
    -- The mark that made it due, when that is why.
    faulty_id TEXT,
    -- How long after the next hand-over it is asked, in microseconds.
    wait_after BIGINT NOT NULL,
    -- How many answers about it were believed.
    answered BIGINT NOT NULL,
    -- When it was last found to be held as it should be; NULL for never.
    last_held_at BIGINT,
    -- How many questions in a row were not answered.
    attempts BIGINT NOT NULL,
    -- Not asked before this.
    next_attempt_at BIGINT NOT NULL,
    -- Why the last question was not answered, from a closed set; NULL when it was.
    last_failure TEXT,
    -- 1 while a doubt about it is open.
    doubted BIGINT NOT NULL,
    -- Which worker asks now; NULL for none.
    lease_token TEXT,
    -- Until when; 0 for not leased.
    lease_until BIGINT NOT NULL,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

CREATE INDEX confirmation_due ON confirmation (receiver, next_attempt_at) WHERE due_at IS NOT NULL;

CREATE INDEX confirmation_of_receiver ON confirmation (receiver, transmission_id);

INSERT INTO confirmation (transmission_id, receiver, held_since, due_at, reason, faulty_id, wait_after, answered,
    last_held_at, attempts, next_attempt_at, last_failure, doubted, lease_token, lease_until, written_at, written_by)
SELECT transmission_id, receiver, written_at, written_at + 86400000000, 'schedule', NULL, 86400000000, 0,
    NULL, 0, written_at + 86400000000, NULL, 0, NULL, 0, written_at, 'Migration'
FROM transmission
WHERE delivery_state = 'handed_over';

-- Answers as they came, never re-encoded. Only those that were believed.
CREATE TABLE holding (
    -- Made here.
    holding_id TEXT NOT NULL PRIMARY KEY,
    -- Who signed it.
    receiver TEXT NOT NULL,
    -- The 32 bytes of the question.
    nonce BLOB NOT NULL,
    -- JWS compact serialisation, verbatim.
    jws TEXT NOT NULL,
    -- SHA-256 of the JWS.
    sha256 BLOB NOT NULL,
    -- The time that it states.
    stated_at BIGINT NOT NULL,
    -- Written once, then.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

-- Which answers are about a transmission.
CREATE TABLE holding_of (
    -- Which.
    transmission_id TEXT NOT NULL REFERENCES transmission (transmission_id),
    -- The answer.
    holding_id TEXT NOT NULL REFERENCES holding (holding_id),
    -- What it came to: held, or what was wrong.
    finding TEXT NOT NULL,
    PRIMARY KEY (transmission_id, holding_id)
);

-- Times in which nothing of a transmission counted as delivered whatever its receipts say.
CREATE TABLE doubt (
    -- Which.
    transmission_id TEXT NOT NULL REFERENCES transmission (transmission_id),
    -- When it began.
    doubted_at BIGINT NOT NULL,
    -- Whose receipts are doubted.
    receiver TEXT NOT NULL,
    -- The last receipt of this receiver that was applied when it began: the doubt comes after this one.
    after_receipt BIGINT NOT NULL,
    -- What was found, as a word.
    finding TEXT NOT NULL,
    -- 1 when the receiver lost it: its children wait to be stored anew, and it is sent again.
    lost BIGINT NOT NULL,
    -- When it ended; NULL while it is open.
    ended_at BIGINT,
    -- By what: receipt (it was stored anew) or holding (the right answer came). NULL while it is open.
    ended_by TEXT,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    PRIMARY KEY (transmission_id, doubted_at)
);

CREATE UNIQUE INDEX doubt_open ON doubt (transmission_id) WHERE ended_at IS NULL;

-- Software of receivers that a person has marked: what it receipted is asked for again.
CREATE TABLE faulty_software (
    -- Made here.
    faulty_id TEXT NOT NULL PRIMARY KEY,
    -- Whose.
    receiver TEXT NOT NULL,
    -- The product, as receipts name it.
    name TEXT NOT NULL,
    -- Its version.
    version TEXT NOT NULL,
    -- From when on its receipts are doubted.
    since BIGINT NOT NULL,
    -- By whom it was marked, by role-scoped id.
    marked_by TEXT NOT NULL,
    -- When.
    marked_at BIGINT NOT NULL,
    -- Up to which receipt they were looked through.
    looked_at BIGINT NOT NULL,
    -- By whom the mark was taken away; NULL while it stands.
    ended_by TEXT,
    -- When.
    ended_at BIGINT,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

CREATE UNIQUE INDEX faulty_software_open ON faulty_software (receiver, name, version) WHERE ended_at IS NULL;
