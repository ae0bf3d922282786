//! What the program costs, measured against the bare database in the same run, and a city's month from the first card
//! to the last paper.
//!
//! Nothing here is known to the product: [`city`] and the rows of [`table`] call what the office's people and terminals
//! call. [`bare`] is the same work with nothing around it; only it names sqlx, and only [`paper`] printpdf.

pub mod bare;
pub mod city;
pub mod memory;
pub mod month;
pub mod naive;
pub mod pages;
pub mod paper;
pub mod start;
pub mod table;
pub mod till;
pub mod upload;
pub mod words;
