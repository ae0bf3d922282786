//! The server over real databases: every store function on both, ingest, and the API.
//!
//! One program, so that its throw-away PostgreSQL is started once. Without PostgreSQL it fails; it never skips.

#![expect(unreachable_pub, reason = "modules of one test program")]

mod common;
mod http;
mod ingest;
mod store_contract;
mod store_units;
