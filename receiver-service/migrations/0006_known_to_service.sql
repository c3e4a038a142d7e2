-- Whether the service knew a child's case by another route than the report: known or not_known, null where nobody has
-- said. Leaves the service in counts only.
ALTER TABLE child ADD COLUMN known_to_service TEXT NULL;

CREATE INDEX child_known_to_service ON child (submitted_at) WHERE known_to_service IS NOT NULL;
