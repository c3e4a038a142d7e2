-- What a receiver keeps. Times are microseconds since 1970-01-01 UTC. Ids are UUIDs in canonical text.
-- "sealed" columns hold AES-256-GCM-SIV ciphertext under the data key that the row's wrapped_key wraps; the master key
-- that wraps it is named by master_key_id and lies outside the database. No other column holds personal data.

-- Organisations that have sent something, with the two ends of the chain of receipts for each.
CREATE TABLE peer (
    organisation TEXT NOT NULL PRIMARY KEY,        -- organisation number from the certificate
    last_receipt_sequence BIGINT NOT NULL,         -- number of the last receipt made for it; 0 for none
    last_receipt_sha256 BLOB NOT NULL,             -- SHA-256 of that receipt's bytes; 32 zero bytes for none
    confirmed_sequence BIGINT NOT NULL,            -- up to which number it has confirmed to have verified and stored; 0 for none
    confirmed_at BIGINT NULL,                      -- when it last confirmed a higher number
    created_at BIGINT NOT NULL,                    -- when the row was made
    written_at BIGINT NOT NULL,                    -- when the row was last written
    written_by TEXT NOT NULL                       -- by which change
);

-- The part of a report that concerns this receiver's children, as it arrived.
CREATE TABLE transmission (
    transmission_id TEXT NOT NULL PRIMARY KEY,     -- the id inside this service: sent_id, unless another organisation used the same
    sender TEXT NOT NULL,                          -- organisation number from the certificate
    sent_id TEXT NOT NULL,                         -- the id that the sender gave it
    sequence BIGINT NOT NULL,                      -- its number in the pair of sender and receiver
    report_id TEXT NOT NULL,                       -- the report that it is part of
    report_type TEXT NOT NULL,                     -- concern_report, notice, prosecution_transfer
    urgency_rank BIGINT NOT NULL,                  -- 0 acute, 1 urgent, 2 normal
    submitted_at BIGINT NOT NULL,                  -- when the sender answered the submission with success
    arrived_at BIGINT NOT NULL,                    -- when the row was committed
    stored_at BIGINT NULL,                         -- time of the receipt "stored"; null until it was read back and receipted
    stored_receipt_sequence BIGINT NULL,           -- number of the receipt "stored"; null until then
    attachment_count BIGINT NOT NULL,              -- how many attachments the content names
    content_sha256 BLOB NOT NULL,                  -- SHA-256 of the content as it arrived
    wrapped_key BLOB NOT NULL,                     -- the data key of this row and of its children's case numbers, wrapped
    master_key_id TEXT NOT NULL,                   -- the master key that wraps it
    written_at BIGINT NOT NULL,                    -- when the row was last written
    written_by TEXT NOT NULL,                      -- by which change
    content_sealed BLOB NOT NULL,                  -- the content, sealed; last, so that reading the rest does not touch it
    UNIQUE (sender, sent_id),
    UNIQUE (sender, sequence),
    UNIQUE (sender, report_id)
);

-- A child of a transmission, and how far it has come.
CREATE TABLE child (
    transmission_id TEXT NOT NULL REFERENCES transmission (transmission_id), -- the transmission
    child_id TEXT NOT NULL,                        -- the child
    child_number BIGINT NOT NULL,                  -- its place in the content, from 0
    area TEXT NOT NULL,                            -- municipality number, with a city district as 0301/05
    urgency_rank BIGINT NOT NULL,                  -- as in transmission: the work list is ordered by it
    submitted_at BIGINT NOT NULL,                  -- as in transmission
    stage TEXT NOT NULL,                           -- queued (no receipt yet), stored, opened, registered, assigned, assessed, rejected, redirected, withdrawn
    stage_time BIGINT NOT NULL,                    -- when it came to this stage, caseworker or outcome
    opened BIGINT NOT NULL,                        -- 1 when a person has opened it, whatever came later
    registered BIGINT NOT NULL,                    -- 1 when it has a case number, whatever came later
    assigned_staff TEXT NULL,                      -- the caseworker's staff id while assigned or assessed
    assigned_role TEXT NULL,                       -- in which role the caseworker has it
    assigned_time BIGINT NULL,                     -- when this caseworker got it
    outcome TEXT NULL,                             -- what the assessment came to, while assessed
    reason TEXT NULL,                              -- why, while rejected
    redirected_to TEXT NULL,                       -- organisation number of the right service, while redirected
    case_number_sealed BLOB NULL,                  -- the case system's number, sealed with the transmission's data key
    waiting BIGINT NOT NULL,                       -- 1 while stored here and neither with a caseworker nor ended here
    version BIGINT NOT NULL,                       -- counts the writes of this row: compare and set
    written_at BIGINT NOT NULL,                    -- when the row was last written
    written_by TEXT NOT NULL,                      -- by which change
    PRIMARY KEY (transmission_id, child_id)
);

CREATE INDEX child_in_order ON child (urgency_rank, submitted_at, transmission_id);
CREATE INDEX child_waiting ON child (urgency_rank, submitted_at, transmission_id) WHERE waiting = 1;
CREATE INDEX child_of_caseworker ON child (assigned_staff, urgency_rank, submitted_at, transmission_id) WHERE assigned_staff IS NOT NULL;

-- Receipts, verbatim: one chain per sender, numbered from 1 without gaps.
CREATE TABLE receipt (
    sender TEXT NOT NULL,                          -- whom it is for
    sequence BIGINT NOT NULL,                      -- its number in the pair
    transmission_id TEXT NOT NULL,                 -- the transmission, by the id inside this service
    child_id TEXT NULL,                            -- the child; null when it concerns every child of the transmission
    level TEXT NOT NULL,                           -- what it states: stored, opened, registered, assigned, revoked, assessed, rejected, redirected, withdrawn
    jws TEXT NOT NULL,                             -- the receipt as signed: JWS compact serialisation
    sha256 BLOB NOT NULL,                          -- SHA-256 of jws: the next receipt names it
    made_at BIGINT NOT NULL,                       -- the time it states
    PRIMARY KEY (sender, sequence)
);

-- Files of transmissions, uploaded before the transmission itself.
CREATE TABLE attachment (
    storage_id TEXT NOT NULL PRIMARY KEY,          -- made anew when an upload starts again from the beginning
    sender TEXT NOT NULL,                          -- who uploads
    sent_id TEXT NOT NULL,                         -- the transmission's id as the sender gave it
    attachment_id TEXT NOT NULL,                   -- the file
    size_bytes BIGINT NOT NULL,                    -- its size as announced
    sha256 BLOB NOT NULL,                          -- its SHA-256 as announced
    committed_bytes BIGINT NOT NULL,               -- how much of it is durable
    complete BIGINT NOT NULL,                      -- 1 when all is durable, was read back, and has the digest announced
    wrapped_key BLOB NOT NULL,                     -- the file's own data key, wrapped
    master_key_id TEXT NOT NULL,                   -- the master key that wraps it
    created_at BIGINT NOT NULL,                    -- when the upload started
    written_at BIGINT NOT NULL,                    -- when the row was last written
    written_by TEXT NOT NULL,                      -- by which change
    UNIQUE (sender, sent_id, attachment_id)
);

-- The content of files, in pieces.
CREATE TABLE attachment_chunk (
    storage_id TEXT NOT NULL REFERENCES attachment (storage_id), -- the file
    chunk_number BIGINT NOT NULL,                  -- from 0; each but the last holds 262,144 bytes of content
    sealed BLOB NOT NULL,                          -- the piece, sealed with the file's data key
    PRIMARY KEY (storage_id, chunk_number)
);

-- The staff register (tilgangsregister).
CREATE TABLE staff (
    staff_id TEXT NOT NULL PRIMARY KEY,            -- role-scoped id: travels in receipts, tells nobody outside who it is
    name_sealed BLOB NOT NULL,                     -- the name, sealed
    wrapped_key BLOB NOT NULL,                     -- the data key of the name, wrapped
    master_key_id TEXT NOT NULL,                   -- the master key that wraps it
    roles TEXT NOT NULL,                           -- roles with a comma before, between and after: ,caseworker,duty,
    areas TEXT NOT NULL,                           -- municipalities and city districts served, in the same form: ,0301/05,5501,
    active BIGINT NOT NULL,                        -- 1 when the person works now
    created_at BIGINT NOT NULL,                    -- when the person was added
    written_at BIGINT NOT NULL,                    -- when the row was last written
    written_by TEXT NOT NULL                       -- by which change
);

-- What callers of the local API prove themselves with. Tokens themselves are kept nowhere.
CREATE TABLE credential (
    credential_id TEXT NOT NULL PRIMARY KEY,       -- for revoking
    kind TEXT NOT NULL,                            -- person or case_system
    holder TEXT NOT NULL,                          -- staff id of the person, or name of the program
    token_sha256 BLOB NULL UNIQUE,                 -- SHA-256 of the token; null for a certificate
    certificate_sha256 BLOB NULL UNIQUE,           -- SHA-256 of the client certificate; null for a token
    expires_at BIGINT NOT NULL,                    -- from when it is not valid any more
    revoked_at BIGINT NULL,                        -- when it was ended
    created_by TEXT NOT NULL,                      -- who issued it
    created_at BIGINT NOT NULL,                    -- when it was issued
    written_at BIGINT NOT NULL,                    -- when the row was last written
    written_by TEXT NOT NULL                       -- by which change
);

CREATE INDEX credential_of_holder ON credential (kind, holder);

-- First answers to changes, for callers who repeat them.
CREATE TABLE request (
    caller TEXT NOT NULL,                          -- who asked: peer/…, staff/… or program/…
    request_id TEXT NOT NULL,                      -- the id that the caller gave the request
    method TEXT NOT NULL,                          -- which RPC
    fingerprint BLOB NOT NULL,                     -- SHA-256 of the request; sealed when wrapped_key is set
    answer BLOB NOT NULL,                          -- the first answer, serialised; sealed when wrapped_key is set
    wrapped_key BLOB NULL,                         -- the data key, wrapped; null when the request holds no personal data
    master_key_id TEXT NULL,                       -- the master key that wraps it
    answered_at BIGINT NOT NULL,                   -- when it was answered first
    PRIMARY KEY (caller, request_id)
);

-- Who read content (innsynslogg): written before the content is handed out. Each row has a twin in the ledger.
CREATE TABLE reading (
    reading_id TEXT NOT NULL PRIMARY KEY,          -- made by this service
    transmission_id TEXT NOT NULL,                 -- what was read, by the id inside this service
    attachment_id TEXT NULL,                       -- the file, when a file was read
    reader_kind TEXT NOT NULL,                     -- person or case_system
    reader TEXT NOT NULL,                          -- staff id, or name of the program
    credential_id TEXT NOT NULL,                   -- with which credential
    read_at BIGINT NOT NULL                        -- when
);

CREATE INDEX reading_of_transmission ON reading (transmission_id, reader);
