//! Whatever happens on the way, the same records come to the same statement: real server, real terminals, real HTTP,
//! on both databases.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod canary;
mod canary_till;
mod carried;
mod commands;
mod drill;
mod failover;
mod forge;
mod kill;
mod leaving;
mod moving;
mod newcomer;
mod order;
mod packaging;
mod printer;
mod proxies;
mod settings;
mod settle;
mod setup;
mod till_doctor;
mod user;
