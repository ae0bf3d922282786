//! Names of people: hidden for slips and lists, and in the order in which Chinese readers look them up.

use pinyin::ToPinyin as _;

/// Surnames that are read otherwise than the same character in other words.
const SURNAMES: [(&str, &str); 14] = [
    ("曾", "zeng"),
    ("单", "shan"),
    ("解", "xie"),
    ("仇", "qiu"),
    ("查", "zha"),
    ("区", "ou"),
    ("朴", "piao"),
    ("盖", "ge"),
    ("缪", "miao"),
    ("乐", "yue"),
    ("尉迟", "yu chi"),
    ("万俟", "mo qi"),
    ("长孙", "zhang sun"),
    ("翟", "zhai"),
];

/// The name with its middle hidden: `张*国`, `张*`, `欧阳**` would show too much, so it is `欧**华`.
#[must_use]
pub fn mask(name: &str) -> String {
    let characters: Vec<char> = name.chars().filter(|c| !c.is_whitespace()).collect();
    match characters.as_slice() {
        [] | [_] => "*".to_owned(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len())),
    }
}

/// What is typed to find names that begin so: characters as they are read, pinyin as it stands.
#[must_use]
pub fn search_key(typed: &str) -> String {
    if typed.is_ascii() { typed.to_ascii_lowercase() } else { sort_key(typed) }
}

/// What names are sorted by: pinyin without tones, a space between syllables. Other characters stand for themselves.
#[must_use]
pub fn sort_key(name: &str) -> String {
    let name = name.trim();
    let surname = SURNAMES.iter().find(|(surname, _)| name.starts_with(surname));
    let (read, rest) = surname.map_or(("", name), |(surname, read)| (*read, &name[surname.len()..]));
    let mut syllables: Vec<String> = read.split(' ').filter(|s| !s.is_empty()).map(str::to_owned).collect();
    syllables.extend(rest.chars().filter(|c| !c.is_whitespace()).map(|c| match c.to_pinyin() {
        Some(pinyin) => pinyin.plain().to_owned(),
        None => c.to_lowercase().collect(),
    }));
    syllables.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_hidden() {
        let masked = ["", "张", "张国", "张建国", "欧阳振华", "阿依古丽·买买提"].map(mask);
        assert_eq!(masked, ["*", "*", "张*", "张*国", "欧**华", "阿******提"]);
    }

    #[test]
    fn names_sort_as_they_are_read() {
        assert_eq!(sort_key("张建国"), "zhang jian guo");
        assert_eq!(sort_key("曾 志伟"), "zeng zhi wei");
        assert_eq!(sort_key("尉迟恭"), "yu chi gong");
        assert_eq!(sort_key("Li 㛃"), "l i 㛃".replace("㛃", &sort_key("㛃")));
        let mut names = ["赵一", "单雄信", "安禄山", "沈括"];
        names.sort_by_key(|n| sort_key(n));
        assert_eq!(names, ["安禄山", "单雄信", "沈括", "赵一"]);
    }
}
