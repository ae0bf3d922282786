//! What is said about proposals.

/// No such proposal.
pub const NONE: &str = "没有这个待审事项";
/// It was decided already.
pub const DECIDED: &str = "此事项已有决定";
/// The digest is not that of what is proposed.
pub const OTHER_DIGEST: &str = "所批摘要与待审内容不符，请重新查看内容后再批";
/// The maker approves.
pub const SECOND_PERSON: &str = "提出人不能批准自己提出的事项";
/// Only a payee has something to reveal.
pub const NOTHING_SEALED: &str = "此事项没有隐去的内容";
