-- Whether somebody at a receiver could open what is sent, and drills.

-- What is known of each receiver: its last answer, or why there is none.
CREATE TABLE receiver_readiness (
    -- Organisation number.
    receiver TEXT NOT NULL PRIMARY KEY,
    -- Why nothing current is known, from a closed set; NULL while it is known.
    unknown_reason TEXT,
    -- When it was last asked.
    asked_at BIGINT NOT NULL,
    -- When it answered first; NULL for never.
    first_answered_at BIGINT,
    -- When it last answered: what stands below is of that time. NULL for never.
    answered_at BIGINT,
    -- Since when it has not answered; NULL while it does.
    silent_since BIGINT,
    -- Since when something has been wrong; NULL while nothing is.
    not_ready_since BIGINT,
    -- What is wrong, as kinds of tasks with commas between; empty for nothing.
    incidents TEXT NOT NULL,
    -- Version of its software; empty for not known.
    software_version TEXT NOT NULL,
    -- How far its clock is ahead, in microseconds.
    clock_offset BIGINT NOT NULL,
    -- When its clock worker last completed a step, by the sender's clock; NULL for never.
    clocks_beat_at BIGINT,
    -- Reports that nobody there has opened, as it says.
    reports_unopened BIGINT NOT NULL,
    -- Reports that are with no caseworker there, as it says.
    reports_unassigned BIGINT NOT NULL,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

-- What a receiver last answered about each area that its reports are about.
CREATE TABLE area_readiness (
    -- Organisation number.
    receiver TEXT NOT NULL,
    -- Municipality number, with a city district as 0301/05.
    area TEXT NOT NULL,
    -- People who could open and assign there.
    can_open BIGINT NOT NULL,
    -- Those of them who have used a credential within a week.
    seen_lately BIGINT NOT NULL,
    -- People who could be given a child there.
    caseworkers BIGINT NOT NULL,
    -- covered, uncovered or none.
    duty TEXT NOT NULL,
    -- When a person last worked the list, by the sender's clock; NULL for never.
    last_worked_at BIGINT,
    -- Since when nobody could open; NULL while somebody can.
    nobody_since BIGINT,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    PRIMARY KEY (receiver, area)
);

-- 1 for a drill: about nobody, outside of all figures.
ALTER TABLE report ADD COLUMN drill BIGINT NOT NULL DEFAULT 0;

-- Drills, and what came of each.
CREATE TABLE drill (
    -- Its report.
    report_id TEXT NOT NULL PRIMARY KEY REFERENCES report (report_id),
    -- To whom.
    receiver TEXT NOT NULL,
    -- Where its child is said to live.
    area TEXT NOT NULL,
    -- By whom, by role-scoped id; program for those of the schedule.
    requested_by TEXT NOT NULL,
    -- When it was submitted.
    started_at BIGINT NOT NULL,
    -- Until when somebody must have assigned it.
    due_at BIGINT NOT NULL,
    -- When a person opened it first, as the receipt states it; NULL for not yet.
    opened_at BIGINT,
    -- When it was assigned first, as the receipt states it; NULL for not yet.
    assigned_at BIGINT,
    -- waiting, unanswered, answered, late or ended.
    result TEXT NOT NULL,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

CREATE INDEX drill_of_receiver ON drill (receiver, started_at);
