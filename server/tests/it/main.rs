//! The server over real databases: every store function on both, ingest, and the API.
//!
//! One program, so that its throw-away PostgreSQL is started once. Without PostgreSQL it fails; it never skips.

#![expect(unreachable_pub, reason = "modules of one test program")]
#![expect(clippy::unwrap_used, reason = "what must not be fails the test, also in its helpers")]

mod access;
mod after_restore;
mod attachments;
mod audit;
mod backlog;
mod backups;
mod browser;
mod budgets;
mod cards;
mod claims;
mod client;
mod common;
mod console;
mod console_days;
mod console_month;
mod console_office;
mod console_supervision;
mod console_tables;
mod copying;
mod corrections;
mod demands;
mod desk;
mod failed_days;
mod findings;
mod forks;
mod http;
mod idempotency;
mod imports;
mod ingest;
mod journals;
mod large_list;
mod month;
mod odd;
mod office;
mod openapi;
mod payments;
mod proposals;
mod races;
mod rows;
mod rules;
mod sign_in;
mod store_contract;
mod store_imports;
mod store_journals;
mod store_sync;
mod store_units;
mod sync_gaps;
mod taken_away;
mod terminals;
mod third_signature;
mod torn;
mod twins;
mod year_end;
