-- Every transmission from before has its clocks looked at once.
INSERT INTO deadline (subject, look_at, looked_at, clock, due_at, told_rung, told_at, told_repeats, turns, start_rung,
    snoozed_since, snoozed_until, snoozed_by, written_at)
SELECT transmission_id, submitted_at, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, submitted_at
FROM transmission;
