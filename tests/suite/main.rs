//! All tests that need a database, sockets or processes: one binary, so that they are linked once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod architecture;
mod attachments;
mod authorisation;
mod certificate_renewal;
mod cli;
mod crash_replay;
mod db_cancelled_begin;
mod db_change;
mod db_evidence;
mod db_faults;
mod db_migrate;
mod db_rows;
mod db_together;
mod exchange;
mod exchange_cut_connections;
mod exchange_hostile_receiver;
mod exchange_identity;
mod exchange_lost_messages;
mod exchange_silent_receiver;
mod exchange_withdrawal;
mod http2_limits;
mod http2_stop;
mod key_rotation;
mod listening;
mod malformed;
mod migrations;
mod personal_data;
mod python_client;
mod receipt_jose;
mod receiver_attachments;
mod receiver_inbox;
mod receiver_many_at_once;
mod receiver_receipts;
mod receiver_work_list;
mod receiving;
mod reconciliation;
mod repetition;
mod replicas;
mod sender;
mod standard_services;
mod tls_handshake;
mod tls_identity;
mod tls_local;
mod tls_reload;
