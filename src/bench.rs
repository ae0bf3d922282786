//! What the program costs, measured against the bare database in the same run, and a city's month from the first card
//! to the last paper.
//!
//! Nothing here is known to the product: [`city`] and the rows of [`table`] call what the office's people call.

pub mod city;
pub mod memory;
pub mod naive;
pub mod words;
