-- Comparisons with receivers: asked for by schedule or by a person, carried out by a worker, and what each came to.
CREATE TABLE reconciliation (
    -- Made by the sender; the same in every attempt and in both signed results.
    reconciliation_id TEXT NOT NULL PRIMARY KEY,
    -- The receiver's organisation number.
    receiver TEXT NOT NULL,
    -- Why it is made: nightly/2026-03-02, weekly/2026-03-01, or request and its id. Once for each occasion.
    occasion TEXT NOT NULL,
    -- Transmissions submitted from here on; NULL for since ever.
    period_from BIGINT,
    -- And before this; NULL for without end.
    period_until BIGINT,
    -- The person or program that asked for it.
    requested_by TEXT NOT NULL,
    -- When.
    requested_at BIGINT NOT NULL,
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
    -- When the last attempt was begun; NULL for never.
    begun_at BIGINT,
    -- When it came to its end; NULL until then, as everything below.
    ended_at BIGINT,
    -- How many transmissions the sender held as handed over.
    sender_entries BIGINT,
    -- How many the receiver held.
    receiver_entries BIGINT,
    -- How many both hold alike.
    matched BIGINT,
    -- How many are not simply a match.
    differences BIGINT,
    -- 1 when every range that differed was looked into.
    complete BIGINT,
    -- How many bytes of messages it took, both ways.
    bytes_moved BIGINT,
    -- The own signed result: JWS compact serialisation.
    sender_result TEXT,
    -- The receiver's, over the same facts.
    receiver_result TEXT,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    UNIQUE (receiver, occasion)
);

CREATE INDEX reconciliation_waiting ON reconciliation (receiver, next_attempt_at) WHERE state = 'waiting';

CREATE INDEX reconciliation_newest ON reconciliation (requested_at, reconciliation_id);

-- What is not simply a match, and what was done about it.
CREATE TABLE reconciliation_difference (
    -- The comparison.
    reconciliation_id TEXT NOT NULL REFERENCES reconciliation (reconciliation_id),
    -- The transmission's number in the pair.
    sequence BIGINT NOT NULL,
    -- What is wrong: missing_at_receiver, unknown_to_sender, different_content, different_stage, duplicate,
    -- recorded_as_lost_but_found.
    class TEXT NOT NULL,
    -- The transmission; NULL when the sender has none of this number.
    transmission_id TEXT,
    -- The digest of the own entry; NULL when there is none.
    sender_sha256 BLOB,
    -- The digest of the receiver's entry; NULL when it has none.
    receiver_sha256 BLOB,
    -- What the program did: sent_again, receipts_replayed, task (a person must look), task_settled, at_receiver (it
    -- is for the receiver's people).
    remedy TEXT NOT NULL,
    -- Written once, then.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL,
    PRIMARY KEY (reconciliation_id, sequence, class)
);
