//! Pure rules: no async, no I/O, no clock, no storage, no transport.
