-- People to be told that something waits: the outbox of e-mails and webhooks. A row names a contact of the configuration
-- and never an address, and what is sent says only that something waits, until when, and where.
CREATE TABLE notice (
    contact         TEXT   NOT NULL,  -- whom: a name in the configuration
    occasion        TEXT   NOT NULL,  -- why, a word
    subject         TEXT   NOT NULL,  -- id of what waits
    turn            BIGINT NOT NULL,  -- which telling of the same this is, from 0
    urgency_rank    BIGINT NOT NULL,  -- 0 acute, 1 urgent, 2 normal
    until_at        BIGINT NULL,      -- until when somebody must act; null without a deadline
    created_at      BIGINT NOT NULL,  -- when it came up
    state           TEXT   NOT NULL,  -- waiting or sent
    attempts        BIGINT NOT NULL,  -- how many times sending was begun
    next_attempt_at BIGINT NOT NULL,  -- not tried again before this
    lease_token     TEXT   NULL,      -- which worker has it; null for none
    lease_until     BIGINT NOT NULL,  -- until when; 0 for not leased
    last_failure    TEXT   NULL,      -- why the last attempt failed, from a closed set; null when none failed
    sent_at         BIGINT NULL,      -- when it was taken by the mail server or the webhook; null while it waits
    written_at      BIGINT NOT NULL,  -- last written
    written_by      TEXT   NOT NULL,  -- by which change
    PRIMARY KEY (contact, occasion, subject, turn)
);

CREATE INDEX notice_outbox ON notice (contact, next_attempt_at) WHERE state = 'waiting';
