//! What a command says when it could not do its work: in Chinese, each thing once, a refusal with its next step.

use std::io::ErrorKind;

use server::error::Refusal;

/// What went wrong, from the outside in.
#[must_use]
pub fn complaint(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain() {
        let words = words(cause);
        if !said.contains(&words) {
            said = if said.is_empty() { words } else { format!("{said}：{words}") };
        }
    }
    said
}

fn words(cause: &(dyn std::error::Error + 'static)) -> String {
    if let Some(server::Error::Refused(refusal)) = cause.downcast_ref() {
        return refused(refusal);
    }
    match cause.downcast_ref::<std::io::Error>() {
        Some(error) => of_files(error),
        None => cause.to_string(),
    }
}

fn refused(refusal: &Refusal) -> String {
    format!("{}；{}（{}）", refusal.detail, refusal.code.next_step(), refusal.code)
}

fn of_files(error: &std::io::Error) -> String {
    let words = match error.kind() {
        ErrorKind::NotFound => "没有这个文件或目录",
        ErrorKind::PermissionDenied => "没有权限",
        ErrorKind::AlreadyExists => "已经存在，没有覆盖",
        ErrorKind::IsADirectory => "这是目录，不是文件",
        ErrorKind::NotADirectory => "这不是目录",
        ErrorKind::StorageFull => "磁盘已满",
        ErrorKind::ConnectionRefused => "对方没有应答",
        _ => return error.to_string(),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use server::words::Code;

    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_said_once_and_in_chinese() {
        let missing = std::fs::read("/nowhere/名单.csv").context("名单.csv").unwrap_err();
        assert_eq!(complaint(&missing), "名单.csv：没有这个文件或目录");
    }

    #[test]
    fn a_refusal_says_what_to_do_next() {
        let refused: anyhow::Error = server::Error::refused(Code::Conflict, "本月还没有起草").into();
        let said = complaint(&refused);
        assert!(said.starts_with("本月还没有起草；") && said.ends_with("（conflict）"), "{said}");
    }

    #[test]
    fn what_a_cause_repeats_is_left_out() {
        let inner = anyhow::anyhow!("数据目录正由另一个程序使用");
        assert_eq!(complaint(&inner.context("离开：数据目录正由另一个程序使用")), "离开：数据目录正由另一个程序使用");
    }
}
