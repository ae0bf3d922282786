//! What the program is put together from, for the binary and for the tests that drive it as a whole.

pub mod bench;
pub mod complaint;
pub mod demo;
pub mod generate;
pub mod machine;
pub mod papers;
pub mod place;
pub mod progress;
