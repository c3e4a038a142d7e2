-- Whether somebody here could open what comes: who was seen, who calls, and drills.

-- When each person last used a credential, and last worked the list: to about a minute, and never more than the last time.
-- Leaves the service in counts, and as one time per area.
CREATE TABLE activity (
    staff_id TEXT NOT NULL PRIMARY KEY,            -- who, by role-scoped id
    seen_at BIGINT NOT NULL,                       -- when a credential of the person was last used
    worked_at BIGINT NULL,                         -- when the person last listed, opened or assigned, in a role that may assign; null for never
    written_at BIGINT NOT NULL,                    -- when the row was last written
    written_by TEXT NOT NULL                       -- by which change
);

-- What each sender last said of itself when it asked whether somebody could open.
CREATE TABLE sender_call (
    sender TEXT NOT NULL PRIMARY KEY,              -- organisation number from the certificate
    first_called_at BIGINT NOT NULL,               -- when it asked first
    called_at BIGINT NOT NULL,                     -- when it asked last
    clocks_beat_at BIGINT NULL,                    -- when its clock worker last completed a step, moved to this service's clock; null for never
    software_version TEXT NOT NULL,                -- version of its software
    areas TEXT NOT NULL,                           -- where it sends reports here for, with a comma before, between and after: ,0301/05,5501,
    written_at BIGINT NOT NULL,                    -- when the row was last written
    written_by TEXT NOT NULL                       -- by which change
);

-- 1 for a drill: about nobody, outside of all figures.
ALTER TABLE transmission ADD COLUMN drill BIGINT NOT NULL DEFAULT 0;

CREATE INDEX transmission_drill ON transmission (arrived_at) WHERE drill = 1;
