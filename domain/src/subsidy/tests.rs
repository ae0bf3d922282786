//! Each construct by an example, and properties over random policies, elders and meals.

mod examples;
mod properties;
mod random;
