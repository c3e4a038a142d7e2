-- Letters that reports go by, each with a code of its own. Ordered, printed, posted and confirmed are stages of the letter: no
-- child and no report moves by them.
CREATE TABLE letter (
    -- Names the letter, between the two sides too.
    letter_id TEXT NOT NULL PRIMARY KEY,
    -- The report, with whose data key code, recipient and the caller's name are sealed.
    report_id TEXT NOT NULL REFERENCES report (report_id),
    -- The transmission that it holds.
    transmission_id TEXT NOT NULL REFERENCES transmission (transmission_id),
    -- The receiver's organisation number.
    receiver TEXT NOT NULL,
    -- The code on the cover sheet, sealed: it is printed again when the letter is.
    code BLOB NOT NULL,
    -- SHA-256 of the code, which has 80 random bits.
    code_sha256 BLOB NOT NULL UNIQUE,
    -- Name and address lines of the recipient, one on a line, sealed.
    recipient BLOB NOT NULL,
    -- 1 when it goes by a delivery that only the addressee opens.
    sealed_delivery BIGINT NOT NULL,
    -- When it was ordered.
    ordered_at BIGINT NOT NULL,
    -- By whom: role-scoped staff id, or program.
    ordered_by TEXT NOT NULL,
    -- When it was first printed; NULL until then.
    printed_at BIGINT,
    -- By whom.
    printed_by TEXT,
    -- When it was posted, as a person said; NULL until then.
    posted_at BIGINT,
    -- Who said so.
    posted_by TEXT,
    -- When it was confirmed, as whoever confirmed it states; NULL until then.
    confirmed_at BIGINT,
    -- code or call.
    confirmed_kind TEXT,
    -- Role and staff id of who typed in the code, or the staff id of who recorded the call.
    confirmed_by TEXT,
    -- The receiver's signed text: JWS compact serialisation, verbatim; NULL unless confirmed by code.
    confirmation TEXT,
    -- Who answered the call, sealed; NULL unless confirmed by call.
    call_answered_by BLOB,
    -- Since when a later letter counts instead; NULL while it counts.
    superseded_at BIGINT,
    -- 1 while it is posted, neither confirmed nor superseded: the receiver is asked.
    asked BIGINT NOT NULL,
    -- Not asked before this.
    next_ask_at BIGINT NOT NULL,
    -- Questions in a row that failed.
    failures BIGINT NOT NULL,
    -- Why the last one failed, from a closed set; NULL when it did not.
    last_failure TEXT,
    -- Which worker asks now; NULL for none.
    lease_token TEXT,
    -- Until when; 0 for not leased.
    lease_until BIGINT NOT NULL,
    -- Last written.
    written_at BIGINT NOT NULL,
    -- By which change.
    written_by TEXT NOT NULL
);

CREATE INDEX letter_newest ON letter (ordered_at, letter_id);

CREATE INDEX letter_by_transmission ON letter (transmission_id);

CREATE INDEX letter_by_report ON letter (report_id);

CREATE INDEX letter_to_ask ON letter (receiver, next_ask_at) WHERE asked = 1;
