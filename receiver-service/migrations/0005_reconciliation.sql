-- Comparisons with senders: what each came to, signed by both.
CREATE TABLE reconciliation (
    sender TEXT NOT NULL,                          -- organisation number from the certificate
    reconciliation_id TEXT NOT NULL,               -- made by the sender
    attempt BIGINT NOT NULL,                       -- from 1: a sender that lost the answer compares anew under the same id
    period_from BIGINT NULL,                       -- transmissions submitted from here on; null for since ever
    period_until BIGINT NULL,                      -- and before this; null for without end
    entries BIGINT NOT NULL,                       -- how many transmissions this side held
    matched BIGINT NOT NULL,                       -- how many both hold alike
    differences BIGINT NOT NULL,                   -- how many are not simply a match
    sender_result TEXT NOT NULL,                   -- the sender's signed result: JWS compact serialisation
    receiver_result TEXT NOT NULL,                 -- the own one, over the same facts
    made_at BIGINT NOT NULL,                       -- when
    PRIMARY KEY (sender, reconciliation_id, attempt)
);

-- What is not simply a match.
CREATE TABLE reconciliation_difference (
    sender TEXT NOT NULL,                          -- as in reconciliation
    reconciliation_id TEXT NOT NULL,               -- as in reconciliation
    attempt BIGINT NOT NULL,                       -- as in reconciliation
    sequence BIGINT NOT NULL,                      -- number of the transmission in the pair
    class TEXT NOT NULL,                           -- what is wrong: missing_at_receiver, unknown_to_sender, different_content, different_stage, duplicate, recorded_as_lost_but_found
    sender_sha256 BLOB NULL,                       -- digest of the sender's entry; null when it has none
    receiver_sha256 BLOB NULL,                     -- digest of the own entry; null when there is none
    PRIMARY KEY (sender, reconciliation_id, attempt, sequence, class),
    FOREIGN KEY (sender, reconciliation_id, attempt) REFERENCES reconciliation (sender, reconciliation_id, attempt)
);

-- What tells that two senders report the same event: keyed fingerprints of the police's case references. Nobody gets from
-- one to the reference without the key, which lies sealed in table secret.
CREATE TABLE event_fingerprint (
    fingerprint BLOB NOT NULL,                     -- HMAC-SHA-256 of a case reference
    transmission_id TEXT NOT NULL,                 -- the transmission that names it, by the id inside this service
    sender TEXT NOT NULL,                          -- who sent that
    PRIMARY KEY (fingerprint, transmission_id)
);

CREATE INDEX event_fingerprint_of_sender ON event_fingerprint (sender, transmission_id);

-- Keys of this database's own, made once.
CREATE TABLE secret (
    name TEXT NOT NULL PRIMARY KEY,                -- what it is for: event_fingerprint
    sealed BLOB NOT NULL,                          -- the key, sealed
    wrapped_key BLOB NOT NULL,                     -- the data key that seals it, wrapped
    master_key_id TEXT NOT NULL,                   -- the master key that wraps that
    made_at BIGINT NOT NULL                        -- when
);
