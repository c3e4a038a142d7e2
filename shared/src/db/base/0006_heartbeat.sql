-- When each worker that others watch last completed a step. Written by the worker itself, in a change of its own or in that
-- of the step: a row that grows old is a worker that has stopped.
CREATE TABLE heartbeat (
    worker  TEXT   NOT NULL PRIMARY KEY,  -- which: clocks, readiness
    beat_at BIGINT NOT NULL               -- when its last step was complete, microseconds since 1970-01-01 UTC
);
