-- How the matter was taken that a person closed children of: letter, phone or other. NULL in withdrawals, and in closings
-- from before this was asked.
ALTER TABLE request ADD COLUMN closing_kind TEXT NULL;

CREATE INDEX request_by_letter ON request (report_id) WHERE closing_kind = 'letter';
