//! What must hold. Written apart from the programs: from the journals and tables as they lie on the disks, and from
//! what the simulation itself has done.

pub(crate) mod end;
pub(crate) mod feeds;
pub(crate) mod journal;
pub(crate) mod money;
pub(crate) mod naive;
pub(crate) mod office;

/// An invariant that does not hold. The number is that of the list in the design.
#[derive(Clone, Debug, thiserror::Error)]
#[error("[{invariant}] {what}")]
pub(crate) struct Broken {
    pub(crate) invariant: &'static str,
    pub(crate) what: String,
}

impl Broken {
    pub(crate) fn new(invariant: &'static str, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into() }
    }
}

/// Fails with an invariant's name unless something holds.
macro_rules! hold {
    ($holds:expr, $invariant:expr, $($what:tt)+) => {
        if !$holds {
            return Err($crate::oracle::Broken::new($invariant, format!($($what)+)).into());
        }
    };
}
pub(crate) use hold;
