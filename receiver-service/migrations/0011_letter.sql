-- Codes of letters that people typed in, known by their digests alone. Kept whether or not the police have told of the letter
-- yet. The first time counts.
CREATE TABLE letter_code (
    -- SHA-256 of the code.
    code_sha256 BLOB NOT NULL PRIMARY KEY,
    -- When it was typed in.
    confirmed_at BIGINT NOT NULL,
    -- By whom: role.
    role TEXT NOT NULL,
    -- By whom: role-scoped staff id.
    staff TEXT NOT NULL
);

CREATE INDEX letter_code_by_staff ON letter_code (staff, confirmed_at);

-- Letters that senders have told of.
CREATE TABLE announced_letter (
    -- The sender's organisation number, from its certificate.
    sender TEXT NOT NULL,
    -- The letter, as its sender named it.
    letter_id TEXT NOT NULL,
    -- The transmission that it holds, as its sender numbered it.
    sent_id TEXT NOT NULL,
    -- SHA-256 of its code.
    code_sha256 BLOB NOT NULL,
    -- When it was ordered, as the sender says.
    ordered_at BIGINT NOT NULL,
    -- When it was posted, as the sender says.
    posted_at BIGINT NOT NULL,
    -- When it was announced first.
    announced_at BIGINT NOT NULL,
    -- The signed confirmation, given again to every question: JWS compact serialisation; NULL until there is one.
    confirmation TEXT,
    -- When that was signed.
    signed_at BIGINT,
    PRIMARY KEY (sender, letter_id)
);

CREATE INDEX announced_letter_by_code ON announced_letter (code_sha256);
