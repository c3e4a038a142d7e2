-- Children that are sent on: redirected by a receiver, or by a person at the desk. Follow-ups, and calls made beside a report.

-- The transmission that carried its children before they were sent on; NULL for one that was made at submission.
ALTER TABLE transmission ADD COLUMN redirected_from TEXT;

-- A child stands in every transmission that ever carried it. Receipts move it where they are about it; it counts where it
-- was not sent on from.
CREATE TABLE child_of_transmission (
    -- The report.
    report_id TEXT NOT NULL REFERENCES report (report_id),
    -- The child, unique within the report.
    child_id TEXT NOT NULL,
    -- The transmission that carries it, or carried it.
    transmission_id TEXT NOT NULL REFERENCES transmission (transmission_id),
    -- Its place in the report as submitted, from 0.
    place BIGINT NOT NULL,
    -- Municipality number, four digits.
    municipality TEXT NOT NULL,
    -- City district, two digits; NULL where there is none.
    city_district TEXT,
    -- How far it has come, as a word.
    stage TEXT NOT NULL,
    -- When it came to its stage, caseworker or outcome, as stated by whoever stated it.
    stage_time BIGINT NOT NULL,
    -- 1 when a named person with access opened it.
    opened BIGINT NOT NULL,
    -- 1 when it has a case number in the case system.
    registered BIGINT NOT NULL,
    -- The role of the caseworker who has it; NULL for none.
    assigned_role TEXT,
    -- The role-scoped staff id of the caseworker who has it; NULL for none.
    assigned_staff TEXT,
    -- When it was given to that caseworker; NULL for none.
    assigned_time BIGINT,
    -- The outcome of the assessment; NULL for none.
    outcome TEXT,
    -- Why it was rejected; NULL when it was not.
    reason TEXT,
    -- The organisation it was redirected to; NULL when it was not.
    redirected_to TEXT,
    -- Since when the reporter has been told that the report was received; NULL while not told.
    confirmed_time BIGINT,
    -- And whether an investigation is opened: 1 or 0.
    investigation_opened BIGINT,
    -- When that investigation ended; NULL while that was not recorded.
    investigation_ended_time BIGINT,
    -- Since when the reporter has been told what it came to; NULL while not told.
    concluded_time BIGINT,
    -- What it came to: no_measures, measures_by_agreement, measures_by_order, moved, other.
    conclusion TEXT,
    -- Since when the prosecutor has been answered; NULL while not answered.
    answered_time BIGINT,
    -- What was answered: measures_decided, no_measures, already_in_measures.
    prosecution_answer TEXT,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    -- The transmission that carries it now instead of this one; NULL where it counts.
    moved_to TEXT,
    -- 1 when a person at the receiver had opened it before it was withdrawn; NULL when that was not told.
    read_before BIGINT,
    -- Who had read it then, counted by role: caseworker=1,intake_leader=2. NULL when that was not told.
    readers_before TEXT,
    PRIMARY KEY (report_id, child_id, transmission_id)
);

INSERT INTO child_of_transmission (report_id, child_id, transmission_id, place, municipality, city_district, stage,
    stage_time, opened, registered, assigned_role, assigned_staff, assigned_time, outcome, reason, redirected_to,
    confirmed_time, investigation_opened, investigation_ended_time, concluded_time, conclusion, answered_time,
    prosecution_answer, written_at, written_by)
SELECT report_id, child_id, transmission_id, place, municipality, city_district, stage, stage_time, opened, registered,
    assigned_role, assigned_staff, assigned_time, outcome, reason, redirected_to, confirmed_time, investigation_opened,
    investigation_ended_time, concluded_time, conclusion, answered_time, prosecution_answer, written_at, written_by
FROM child;

DROP TABLE child;

ALTER TABLE child_of_transmission RENAME TO child;

-- What is to be done about a child that a receiver redirected: the work of following it.
CREATE TABLE redirect (
    -- The transmission in which it was redirected.
    transmission_id TEXT NOT NULL REFERENCES transmission (transmission_id),
    -- The child.
    child_id TEXT NOT NULL,
    -- Its report.
    report_id TEXT NOT NULL REFERENCES report (report_id),
    -- Who redirected it: organisation number.
    receiver TEXT NOT NULL,
    -- To whom, as its receipt says: organisation number.
    redirected_to TEXT NOT NULL,
    -- waiting: to be followed. done: another transmission carries it. person: not followed, a person must decide. dropped:
    -- there is nothing to follow any more.
    state TEXT NOT NULL,
    -- Why a person must decide, or why it was dropped, from a closed set; NULL otherwise.
    why TEXT,
    -- How many times it was begun.
    attempts BIGINT NOT NULL,
    -- Not tried again before this.
    next_attempt_at BIGINT NOT NULL,
    -- Which worker has it now; NULL for none.
    lease_token TEXT,
    -- Until when; 0 for not leased.
    lease_until BIGINT NOT NULL,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    PRIMARY KEY (transmission_id, child_id)
);

CREATE INDEX redirect_waiting ON redirect (next_attempt_at) WHERE state = 'waiting';

-- Redirects from before they were followed.
INSERT INTO redirect (transmission_id, child_id, report_id, receiver, redirected_to, state, why, attempts,
    next_attempt_at, lease_token, lease_until, written_at, written_by)
SELECT child.transmission_id, child.child_id, child.report_id, transmission.receiver, child.redirected_to, 'waiting',
    NULL, 0, child.written_at, NULL, 0, child.written_at, 'Migration'
FROM child
JOIN transmission ON transmission.transmission_id = child.transmission_id
WHERE child.stage = 'redirected';

-- The report that this one follows up or corrects; NULL for none, and for those from before this was kept.
ALTER TABLE report ADD COLUMN follows_up TEXT;

CREATE INDEX report_following_up ON report (follows_up) WHERE follows_up IS NOT NULL;

-- Calls made beside it, with it or recorded later. 0 for reports from before this was kept.
ALTER TABLE report ADD COLUMN phone_calls BIGINT NOT NULL DEFAULT 0;

-- How many of them reached somebody who took the message.
ALTER TABLE report ADD COLUMN phone_reached BIGINT NOT NULL DEFAULT 0;

-- When the last of them was made; NULL for none.
ALTER TABLE report ADD COLUMN phone_last_at BIGINT;

-- Calls that were recorded after the submission.
CREATE TABLE phone_call (
    -- The request that recorded it.
    request_id TEXT NOT NULL PRIMARY KEY,
    -- The report.
    report_id TEXT NOT NULL REFERENCES report (report_id),
    -- The call, serialised and sealed with the report's data key.
    sealed BLOB NOT NULL,
    -- Who recorded it, by role-scoped id.
    recorded_by TEXT NOT NULL,
    -- Written once, then.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

CREATE INDEX phone_call_of_report ON phone_call (report_id, written_at);
