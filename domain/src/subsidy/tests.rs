//! Each construct by an example, and properties over random policies, elders and meals.

mod examples;
mod guards;
mod properties;
mod random;
