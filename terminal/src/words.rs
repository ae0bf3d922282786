//! Every word that the cashier sees, in Chinese and English side by side; a file of `words/` for each part of the screen.
//!
//! `{name}` marks a place that is filled in. The till says what did not happen and what to do next; it never names a
//! tier.

mod bars;
mod elder;
mod errors;
mod idle;
mod more;
mod serving;
mod setup;
mod shift;
mod stopped;
mod training;
mod trouble;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::Zh => &ZH,
            Self::En => &EN,
        }
    }

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    pub(crate) const fn domain(self) -> domain::words::Language {
        match self {
            Self::Zh => domain::words::Language::Chinese,
            Self::En => domain::words::Language::English,
        }
    }
}

macro_rules! catalogue {
    ($($key:ident: $zh:literal, $en:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub(crate) struct Words {
            pub(crate) lang: Lang,
            $(pub(crate) $key: &'static str,)*
        }
        /// 中文.
        pub(crate) static ZH: Words = Words { lang: Lang::Zh, $($key: $zh,)* };
        /// English.
        pub(crate) static EN: Words = Words { lang: Lang::En, $($key: $en,)* };
        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($key), $zh, $en),)*];
    };
}

/// Puts the lists of all files into one: each list hands on those that are left and what there is so far.
macro_rules! gather {
    ([] {$($all:tt)*}) => { catalogue! { $($all)* } };
    ([$first:ident $($rest:ident)*] {$($so_far:tt)*}) => { $first::$first! { gather [$($rest)*] {$($so_far)*} } };
}

gather! { [bars idle serving stopped trouble more training setup elder shift errors] {} }

impl Words {
    /// What a refused scan is called.
    pub(crate) fn refusal(&self, code: &str) -> &'static str {
        match code {
            "card_misread" => self.refused_card_misread,
            "bad_id_number" => self.refused_bad_id_number,
            "payment_code" => self.refused_payment_code,
            "unknown_card" => self.refused_unknown_card,
            "unknown_id" => self.refused_unknown_id,
            "unknown_id_offline" => self.refused_unknown_id_offline,
            "card_revoked" => self.refused_card_revoked,
            "card_expired" => self.refused_card_expired,
            "not_active" => self.refused_not_active,
            "outside_window" => self.refused_outside_window,
            "no_price" => self.refused_no_price,
            "only_practice" => self.refused_only_practice,
            "practice_card" => self.refused_practice_card,
            _ => self.refused_not_a_card,
        }
    }

    /// Fills the marked places of a text.
    #[expect(clippy::unused_self, reason = "reads as words.fill(words.key, ...) where it is used")]
    pub(crate) fn fill(&self, text: &str, values: &[(&str, &str)]) -> String {
        let mut filled = String::with_capacity(text.len() + 16);
        let mut rest = text;
        while let Some((before, marked)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((name, after)) = marked.split_once('}') else {
                rest = marked;
                break;
            };
            let value = values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| *value);
            filled.push_str(value);
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut places: Vec<&str> =
            text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect();
        places.sort_unstable();
        places
    }

    fn is_chinese(c: char) -> bool {
        ('\u{4e00}'..='\u{9fff}').contains(&c)
    }

    #[test]
    fn both_languages_say_everything_with_the_same_places() {
        for (key, zh, en) in ALL {
            assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{key}");
            assert_eq!(places(zh), places(en), "{key}");
            assert!(!en.chars().any(is_chinese), "{key}: {en}");
        }
    }

    #[test]
    fn every_error_says_what_to_do_next() {
        let keys: Vec<&str> = ALL.iter().map(|(key, ..)| *key).collect();
        for error in keys.iter().filter_map(|key| key.strip_prefix("e_")) {
            assert!(keys.contains(&format!("n_{error}").as_str()), "{error}");
        }
    }

    #[test]
    fn no_tier_is_ever_named() {
        for (key, zh, _) in ALL {
            for tier in ["低保", "特困", "困难", "失能", "优抚", "计生"] {
                assert!(!zh.contains(tier), "{key}");
            }
        }
    }

    #[test]
    fn places_are_filled_once_and_values_are_not_read_again() {
        assert_eq!(ZH.fill("{a}-{b}-{c}", &[("a", "{b}"), ("b", "2")]), "{b}-2-");
        assert_eq!(ZH.fill("没有", &[]), "没有");
    }
}
