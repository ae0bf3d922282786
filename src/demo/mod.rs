//! The demo: one month of three canteens, played through the real server and the real tills.
//!
//! [`world`], [`elders`] and [`policies`] are the data and [`plan`] is what happens, all of it invented and the same in
//! every run. [`host`] runs the programs, [`till`] and [`people`] are the hands at them, [`play`] goes through the plan,
//! and [`run`] is the command.

pub mod chance;
pub mod clock;
pub mod elders;
pub mod folder;
pub mod host;
pub mod http;
pub mod line;
pub mod outcome;
pub mod people;
pub mod plan;
pub mod play;
pub mod policies;
pub mod report;
pub mod run;
pub mod scans;
pub mod serve;
pub mod table;
pub mod till;
pub mod words;
pub mod world;
