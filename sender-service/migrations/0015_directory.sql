-- The register that the directory was read from, as it was taken last: in force at a start that finds the file broken.
CREATE TABLE directory (
    -- Always current: there is one.
    name TEXT NOT NULL PRIMARY KEY,
    -- The text of the file. Public offices; no personal data.
    content TEXT NOT NULL,
    -- SHA-256 of the text.
    sha256 BLOB NOT NULL,
    -- When it was taken.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

-- Where the receiver was when the directory named it last, so that what is open with it is seen through when the directory
-- names it no more; NULL for a service without a receiver. Organisation 000000000 is nobody: what waits for a person to say
-- which service is right stands there.
ALTER TABLE receiver ADD COLUMN endpoint TEXT;
