-- What never changes lies apart from what does: a transmission is written again when it gets its receipt and when its
-- key is wrapped anew, and each time its whole row goes to disk.
CREATE TABLE transmission_content (
    transmission_id TEXT NOT NULL PRIMARY KEY REFERENCES transmission (transmission_id), -- whose content it is
    content_sealed BLOB NOT NULL                   -- the content, sealed for column content_sealed of table transmission, where it stood first
);

INSERT INTO transmission_content (transmission_id, content_sealed)
SELECT transmission_id, content_sealed
FROM transmission;

ALTER TABLE transmission DROP COLUMN content_sealed;

-- The headers of receipts: nearly all of a receipt is the certificate in its header, and the receipts of one second have
-- the same one.
CREATE TABLE receipt_header (
    sha256 BLOB NOT NULL PRIMARY KEY,              -- SHA-256 of the header
    header TEXT NOT NULL                           -- the first part of the JWS, up to its first dot, verbatim
);

-- Where it is set, column jws holds what follows the header's dot; where it is null, the whole JWS.
ALTER TABLE receipt ADD COLUMN header_sha256 BLOB NULL REFERENCES receipt_header (sha256);

-- The receipt that belongs to an answer lies in table receipt and is left out of column answer; null where the answer
-- holds all of itself.
ALTER TABLE request ADD COLUMN receipt_sender TEXT NULL;
ALTER TABLE request ADD COLUMN receipt_sequence BIGINT NULL;
