//! Whatever happens on the way, the same records come to the same statement: real server, real terminals, real HTTP,
//! on both databases.

mod forge;
mod kill;
mod order;
