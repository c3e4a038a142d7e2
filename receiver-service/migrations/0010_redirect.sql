-- Transmissions that were sent on, reports that follow up others, and in which role people read.

-- What no two transmissions of a sender share: the report_id, or for one that was sent on to this service its sent_id,
-- because the same report may have come before.
ALTER TABLE transmission RENAME COLUMN report_id TO report_key;

-- The report that it is part of.
ALTER TABLE transmission ADD COLUMN report_id TEXT NOT NULL DEFAULT '';

UPDATE transmission SET report_id = report_key;

-- The transmission that carried its children before they were sent on, here or elsewhere; null for one that was not.
ALTER TABLE transmission ADD COLUMN redirected_from TEXT NULL;

-- The report that its report follows up or corrects; null for none, and for what came before this was kept.
ALTER TABLE transmission ADD COLUMN follows_up TEXT NULL;

-- Column area of table child: the area of a child that was sent on here has a * before it, because it is another service's
-- and whoever serves any area must see the child.

CREATE INDEX transmission_sent_on ON transmission (sender, report_id) WHERE redirected_from IS NOT NULL;

CREATE INDEX transmission_following_up ON transmission (follows_up) WHERE follows_up IS NOT NULL;

-- In which role the person read; null for a program.
ALTER TABLE reading ADD COLUMN reader_role TEXT NULL;

UPDATE reading
SET reader_role = (
    SELECT CASE
        WHEN staff.roles LIKE '%,intake_leader,%' THEN 'intake_leader'
        WHEN staff.roles LIKE '%,duty,%' THEN 'duty'
        WHEN staff.roles LIKE '%,caseworker,%' THEN 'caseworker'
        ELSE 'administrator' END
    FROM staff
    WHERE staff.staff_id = reading.reader)
WHERE reader_kind = 'person';
