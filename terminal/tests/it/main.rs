//! What a till promises, tried on a real one over its own pages' API, with an office in memory behind the transport.
//!
//! One program: each of these files would be built and linked with the whole terminal again.

mod damage;
#[cfg(unix)]
mod devices;
mod kinds;
mod notes;
mod page;
mod paper;
mod serving;
mod shifts;
mod soak;
mod support;
mod syncing;
mod time;
mod torn;
mod upgrade;
