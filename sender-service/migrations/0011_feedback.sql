-- What the service has told of a child (L6). It stays when an assignment is revoked.
-- Since when the reporter has been told that the report was received; null while not told.
ALTER TABLE child ADD COLUMN confirmed_time BIGINT NULL;
-- And whether an investigation is opened: 1 or 0.
ALTER TABLE child ADD COLUMN investigation_opened BIGINT NULL;
-- When that investigation ended; null while that was not recorded.
ALTER TABLE child ADD COLUMN investigation_ended_time BIGINT NULL;
-- Since when the reporter has been told what it came to; null while not told.
ALTER TABLE child ADD COLUMN concluded_time BIGINT NULL;
-- What it came to: no_measures, measures_by_agreement, measures_by_order, moved, other.
ALTER TABLE child ADD COLUMN conclusion TEXT NULL;
-- Since when the prosecutor has been answered; null while not answered.
ALTER TABLE child ADD COLUMN answered_time BIGINT NULL;
-- What was answered: measures_decided, no_measures, already_in_measures.
ALTER TABLE child ADD COLUMN prosecution_answer TEXT NULL;

-- When the receiver had stored it, as its first receipt states it: from then on the receiver's time runs. Null until then, and
-- for what was stored before there was feedback.
ALTER TABLE transmission ADD COLUMN received_at BIGINT NULL;
