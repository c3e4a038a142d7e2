-- The sender's own tables. Times are microseconds since 1970 UTC, ids canonical UUIDs, digests 32 bytes, enums words.
-- Content and reasons are sealed with the report's data key; nothing else here is personal data.
-- Every row says when it was last written (written_at) and by which change (written_by).

-- The data key of each report, wrapped by a master key that is kept outside the database. Made with the first
-- attachment or with the report. Removing this row is removing the content.
CREATE TABLE data_key (
    -- The report whose content, reasons and attachments this key seals.
    report_id TEXT NOT NULL PRIMARY KEY,
    -- The name of the master key that wraps it.
    master_key_id TEXT NOT NULL,
    -- The wrapped key.
    wrapped BLOB NOT NULL,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

CREATE INDEX data_key_by_master_key ON data_key (master_key_id, report_id);

-- One report as police submitted it.
CREATE TABLE report (
    -- As the police system numbered it: the key of idempotency.
    report_id TEXT NOT NULL PRIMARY KEY,
    -- SHA-256 of the submitted report's serialised form, after ids were given to children without one.
    submitted_sha256 BLOB NOT NULL,
    -- The type, as a word.
    report_type TEXT NOT NULL,
    -- acute, urgent or normal.
    urgency TEXT NOT NULL,
    -- The police district, as in the official figures.
    police_district TEXT NOT NULL,
    -- When the submission was answered with success. Every clock starts here.
    submitted_at BIGINT NOT NULL,
    -- The person or program that submitted it.
    submitted_by TEXT NOT NULL,
    -- The serialised answer to the submission, given again to every repetition. Holds states only.
    answer BLOB NOT NULL,
    -- Derived from the children in the same transaction that moves them: open, delivered or closed.
    standing TEXT NOT NULL,
    -- Derived: when the last child was assigned, as its receipt states it; NULL unless delivered.
    delivered_at BIGINT,
    -- How many children it is about.
    children BIGINT NOT NULL,
    -- Derived: how many of them are neither with a caseworker nor ended.
    children_open BIGINT NOT NULL,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

CREATE INDEX report_newest ON report (submitted_at, report_id);

CREATE INDEX report_by_standing ON report (standing, submitted_at, report_id);

-- The part of a report that goes to one receiver, and the outbox entry of its delivery.
CREATE TABLE transmission (
    -- Made by the sender at submission.
    transmission_id TEXT NOT NULL PRIMARY KEY,
    -- The report it is part of.
    report_id TEXT NOT NULL REFERENCES report (report_id),
    -- The receiver's organisation number.
    receiver TEXT NOT NULL,
    -- Its number in the pair of sender and receiver, from 1 without gaps.
    sequence BIGINT NOT NULL,
    -- The sealed bytes that are delivered: a serialised report with only the receiver's children.
    content BLOB NOT NULL,
    -- SHA-256 of those bytes before sealing. Every receipt must carry it.
    content_sha256 BLOB NOT NULL,
    -- As of the report, repeated so that claiming reads one table.
    submitted_at BIGINT NOT NULL,
    -- 0 acute, 1 urgent, 2 normal: the order of delivery.
    urgency_rank BIGINT NOT NULL,
    -- waiting: not known to be stored at the receiver. handed_over: a verified receipt says that it is.
    delivery_state TEXT NOT NULL,
    -- How many times delivery was begun.
    attempts BIGINT NOT NULL,
    -- Not tried again before this.
    next_attempt_at BIGINT NOT NULL,
    -- Which worker has it now; only that worker may record how the attempt ended. NULL for none.
    lease_token TEXT,
    -- Until when that worker has it; 0 for not leased.
    lease_until BIGINT NOT NULL,
    -- Why the last attempt failed, from a closed set; NULL when none failed.
    last_failure TEXT,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    UNIQUE (receiver, sequence)
);

CREATE INDEX transmission_by_report ON transmission (report_id);

CREATE INDEX transmission_outbox ON transmission (receiver, urgency_rank, submitted_at, sequence)
WHERE delivery_state = 'waiting';

-- One child of a transmission, and how far it has come. Moves by verified receipts, and by a named person's closing.
CREATE TABLE child (
    -- The report.
    report_id TEXT NOT NULL REFERENCES report (report_id),
    -- The child, unique within the report.
    child_id TEXT NOT NULL,
    -- The transmission that carries it.
    transmission_id TEXT NOT NULL REFERENCES transmission (transmission_id),
    -- Its place in the report as submitted, from 0.
    place BIGINT NOT NULL,
    -- Municipality number, four digits.
    municipality TEXT NOT NULL,
    -- City district, two digits; NULL where there is none.
    city_district TEXT,
    -- How far it has come, as a word.
    stage TEXT NOT NULL,
    -- When it came to its stage, caseworker or outcome, as stated by whoever stated it.
    stage_time BIGINT NOT NULL,
    -- 1 when a named person with access opened it.
    opened BIGINT NOT NULL,
    -- 1 when it has a case number in the case system.
    registered BIGINT NOT NULL,
    -- The role of the caseworker who has it; NULL for none.
    assigned_role TEXT,
    -- The role-scoped staff id of the caseworker who has it; NULL for none.
    assigned_staff TEXT,
    -- When it was given to that caseworker; NULL for none.
    assigned_time BIGINT,
    -- The outcome of the assessment; NULL for none.
    outcome TEXT,
    -- Why it was rejected; NULL when it was not.
    reason TEXT,
    -- The organisation it was redirected to; NULL when it was not.
    redirected_to TEXT,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    PRIMARY KEY (report_id, child_id)
);

-- The exchange with one receiver.
CREATE TABLE receiver (
    -- Organisation number.
    organisation TEXT NOT NULL PRIMARY KEY,
    -- The last number given to a transmission; 0 for none.
    last_transmission BIGINT NOT NULL,
    -- The last receipt verified, stored and applied; 0 for none.
    last_receipt BIGINT NOT NULL,
    -- SHA-256 of that receipt's bytes; zeros for none.
    last_receipt_sha256 BLOB NOT NULL,
    -- The last receipt confirmed to the receiver; 0 for none.
    confirmed_receipt BIGINT NOT NULL,
    -- When it last answered; NULL for never.
    last_contact_at BIGINT,
    -- Why nothing it says is believed, from a closed set; NULL while it is.
    distrusted_reason TEXT,
    -- Since when; NULL while it is believed.
    distrusted_at BIGINT,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

-- Receipts as they came, never re-encoded.
CREATE TABLE receipt (
    -- The receiver that signed it.
    receiver TEXT NOT NULL,
    -- Its number in the pair.
    sequence BIGINT NOT NULL,
    -- The report it is about.
    report_id TEXT NOT NULL REFERENCES report (report_id),
    -- The transmission it is about.
    transmission_id TEXT NOT NULL REFERENCES transmission (transmission_id),
    -- JWS compact serialisation, verbatim.
    jws TEXT NOT NULL,
    -- SHA-256 of the JWS.
    sha256 BLOB NOT NULL,
    -- Written once, then.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    PRIMARY KEY (receiver, sequence)
);

CREATE INDEX receipt_by_report ON receipt (report_id, receiver, sequence);

-- What officers and the desk asked to have done to a report, and the answer that repetitions get.
CREATE TABLE request (
    -- Made by the caller, the same in every repetition.
    request_id TEXT NOT NULL PRIMARY KEY,
    -- The report.
    report_id TEXT NOT NULL REFERENCES report (report_id),
    -- withdraw or close.
    kind TEXT NOT NULL,
    -- SHA-256 of the request as it came.
    request_sha256 BLOB NOT NULL,
    -- The reason given, sealed.
    reason BLOB NOT NULL,
    -- The role-scoped id of the person, or the name of the credential.
    requested_by TEXT NOT NULL,
    -- The serialised answer. Holds states only.
    answer BLOB NOT NULL,
    -- Written once, then.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

-- The outbox of withdrawals: one per transmission that is taken back, carried out after it is handed over.
CREATE TABLE withdrawal (
    -- The transmission to withdraw.
    transmission_id TEXT NOT NULL PRIMARY KEY REFERENCES transmission (transmission_id),
    -- The receiver's organisation number.
    receiver TEXT NOT NULL,
    -- The request_id in the exchange, the same in every repetition.
    request_id TEXT NOT NULL,
    -- Who withdraws, by role-scoped id.
    withdrawn_by TEXT NOT NULL,
    -- waiting or done.
    state TEXT NOT NULL,
    -- How many times it was begun.
    attempts BIGINT NOT NULL,
    -- Not tried again before this.
    next_attempt_at BIGINT NOT NULL,
    -- Which worker has it now; NULL for none.
    lease_token TEXT,
    -- Until when; 0 for not leased.
    lease_until BIGINT NOT NULL,
    -- Why the last attempt failed, from a closed set; NULL when none failed.
    last_failure TEXT,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

CREATE INDEX withdrawal_outbox ON withdrawal (receiver, next_attempt_at) WHERE state = 'waiting';

-- A file of a report: announced by its upload, complete when all its bytes are stored and digested.
CREATE TABLE attachment (
    -- The report it goes with.
    report_id TEXT NOT NULL,
    -- The file, unique within the report.
    attachment_id TEXT NOT NULL,
    -- Announced size in bytes.
    size_bytes BIGINT NOT NULL,
    -- Announced SHA-256.
    sha256 BLOB NOT NULL,
    -- Bytes that are durable.
    committed_bytes BIGINT NOT NULL,
    -- 1 when all bytes are durable and their digest is the one announced.
    complete BIGINT NOT NULL,
    -- Which upload stream may append now: a later stream takes over.
    upload_token TEXT NOT NULL,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    PRIMARY KEY (report_id, attachment_id)
);

-- The sealed bytes of files, in pieces of at most 1 MiB.
CREATE TABLE attachment_chunk (
    -- The report.
    report_id TEXT NOT NULL,
    -- The file.
    attachment_id TEXT NOT NULL,
    -- Where the piece begins in the file, in bytes.
    start_byte BIGINT NOT NULL,
    -- How many bytes it holds before sealing.
    length BIGINT NOT NULL,
    -- The sealed piece.
    sealed BLOB NOT NULL,
    -- Written once, then.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    PRIMARY KEY (report_id, attachment_id, start_byte),
    FOREIGN KEY (report_id, attachment_id) REFERENCES attachment (report_id, attachment_id)
);

-- Who may call the local interface. The secret itself is never stored.
CREATE TABLE credential (
    -- Names the credential to administrators and in the ledger.
    credential_id TEXT NOT NULL PRIMARY KEY,
    -- token or certificate.
    kind TEXT NOT NULL,
    -- SHA-256 of the token, or of the client certificate.
    secret_sha256 BLOB NOT NULL UNIQUE,
    -- officer, desk, system or administrator.
    role TEXT NOT NULL,
    -- Whose it is: a person's role-scoped staff id, or a program's name.
    holder TEXT NOT NULL,
    -- When it was issued.
    issued_at BIGINT NOT NULL,
    -- When it stopped being valid; NULL while it is.
    revoked_at BIGINT,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);
