//! How a program's surroundings are, as its doctor says it: at the till and at the office alike.

use serde::Serialize;

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// Work goes on, but somebody should look.
    Warn,
    /// It does not work.
    Fail,
    /// Not set up, or not asked for.
    Skipped,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its stable name.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What it is called.
    pub title: &'static str,
    /// How it is, in words, with what to do.
    pub text: String,
}

impl Check {
    /// What was found.
    pub fn new(name: &'static str, title: &'static str, state: State, text: impl Into<String>) -> Self {
        Self { name, state, title, text: text.into() }
    }
}
