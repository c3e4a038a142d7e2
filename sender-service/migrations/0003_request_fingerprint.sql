-- The digest of a request is sealed, because that of a short reason could be guessed.

-- SHA-256 of the request as it came, sealed with the report's data key. 32 bytes are the digest itself: so were all
-- before this.
ALTER TABLE request RENAME COLUMN request_sha256 TO fingerprint;
