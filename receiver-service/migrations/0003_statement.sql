-- Daily statements: what each side of a pair says that it has of a day, signed, verbatim.
CREATE TABLE statement (
    peer TEXT NOT NULL,                            -- the other side's organisation number
    day TEXT NOT NULL,                             -- the day in Europe/Oslo, as 2026-11-24
    side TEXT NOT NULL,                            -- own: made here; peer: the other side's, verified
    text TEXT NOT NULL,                            -- JWS compact serialisation, verbatim
    made_at BIGINT NOT NULL,                       -- the time that the text states
    verdict TEXT NULL,                             -- of peer: agrees, on_the_way, not_yet, differs; null for own
    looks BIGINT NOT NULL,                         -- of peer: how often the comparison was not good, one after the other
    look_at BIGINT NULL,                           -- of peer: when to compare again; null while the comparison is good
    missed_at BIGINT NULL,                         -- of own: when the other side's was missed; null for never
    refused_at BIGINT NULL,                        -- of own: when the other side said that it holds another; null for never
    written_at BIGINT NOT NULL,                    -- when the row was last written
    written_by TEXT NOT NULL,                      -- by which change
    PRIMARY KEY (peer, day, side)
);

CREATE INDEX statement_by_day ON statement (day, peer);
CREATE INDEX statement_to_look_at ON statement (look_at) WHERE look_at IS NOT NULL;

-- A day's transmissions are found by the time that decides on their day.
CREATE INDEX transmission_of_day ON transmission (sender, submitted_at, sequence);
