-- What never changes lies apart from what does: a transmission is written several times while it is delivered, and
-- each time its whole row goes to disk. Indexes are on ids that this service makes in the order of time, so that new
-- entries lie together; report ids are made by others and may be spread over the whole index.

-- The sealed content of each transmission. Written once.
CREATE TABLE transmission_content (
    -- The transmission that it is the content of.
    transmission_id TEXT NOT NULL PRIMARY KEY REFERENCES transmission (transmission_id),
    -- The sealed bytes that are delivered: a serialised report with only the receiver's children. They are sealed for
    -- column "content" of table "transmission", where they stood first.
    content BLOB NOT NULL,
    written_at BIGINT NOT NULL,
    written_by TEXT NOT NULL
);

INSERT INTO transmission_content (transmission_id, content, written_at, written_by)
SELECT transmission_id, content, written_at, written_by
FROM transmission;

ALTER TABLE transmission DROP COLUMN content;

-- A report's transmissions are found by its children, its receipts by its transmissions.
DROP INDEX transmission_by_report;

DROP INDEX receipt_by_report;

CREATE INDEX receipt_by_transmission ON receipt (transmission_id, sequence);

-- Keys are wrapped anew in the order of reports.
DROP INDEX data_key_by_master_key;

-- The headers of receipts: nearly all of a receipt is the certificate in its header, and the receipts of one second have
-- the same one.
CREATE TABLE receipt_header (
    -- SHA-256 of the header.
    sha256 BLOB NOT NULL PRIMARY KEY,
    -- The first part of the JWS, up to its first dot, verbatim.
    header TEXT NOT NULL,
    written_at BIGINT NOT NULL,
    written_by TEXT NOT NULL
);

-- Where it is set, column jws holds what follows the header's dot; where it is NULL, the whole JWS.
ALTER TABLE receipt ADD COLUMN header_sha256 BLOB REFERENCES receipt_header (sha256);
