//! The console's language, and how its catalogues are written: Chinese and English side by side, so that neither can be
//! without the other.

use axum::http::HeaderMap;
use axum::http::header::COOKIE as COOKIES;

/// The cookie that keeps the language.
pub(super) const COOKIE: &str = "zhucan_lang";

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lang {
    /// 简体中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// As the page's `lang` says it.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// Out of two texts, this language's.
    pub(crate) const fn of<T: Copy>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// As the rules' catalogue names it.
    pub(crate) const fn domain(self) -> domain::words::Language {
        self.of(domain::words::Language::Chinese, domain::words::Language::English)
    }

    /// What the browser keeps; Chinese when it keeps nothing.
    pub(crate) fn kept(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(COOKIES).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        match pairs.find(|(name, _)| *name == COOKIE) {
            Some((_, "en")) => Self::En,
            _ => Self::Zh,
        }
    }
}

/// Makes a type `Words` with one static text a key, `Words::of` a language, and `{name}` for what is filled in.
macro_rules! catalogue {
    ($($(#[$doc:meta])* $key:ident: $zh:literal, $en:literal;)*) => {
        /// The words of one language.
        #[derive(Debug)]
        pub(crate) struct Words {
            $(pub(crate) $key: &'static str,)*
        }

        static ZH: Words = Words { $($key: $zh,)* };
        static EN: Words = Words { $($key: $en,)* };

        impl Words {
            /// The words of a language.
            pub(crate) const fn of(lang: $crate::console::lang::Lang) -> &'static Self {
                lang.of(&ZH, &EN)
            }
        }

        #[cfg(test)]
        mod parity {
            #[test]
            fn both_languages_say_everything_with_the_same_places() {
                static ALL: &[(&str, &str, &str)] = &[$((stringify!($key), $zh, $en),)*];
                $crate::console::lang::tests::assert_parity(ALL);
            }
        }
    };
}

pub(crate) use catalogue;

/// A text with its places filled in.
pub(crate) fn fill(text: &str, with: &[(&str, &dyn std::fmt::Display)]) -> String {
    with.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), &value.to_string()))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The `{…}` of a text.
    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).collect()
    }

    /// Every key has words in both languages, with the same places to fill in, and no Chinese in the English.
    pub(crate) fn assert_parity(all: &[(&str, &str, &str)]) {
        for (key, zh, en) in all {
            assert!(!zh.trim().is_empty() && !en.trim().is_empty(), "{key} is empty");
            assert_eq!(places(zh), places(en), "{key} has other places in the other language");
            assert!(!en.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{key}: Chinese in the English");
        }
    }

    #[test]
    fn places_are_filled_and_the_language_is_kept_in_a_cookie() {
        assert_eq!(fill("{n} 家，{n} of {m}", &[("n", &3), ("m", &"四")]), "3 家，3 of 四");
        let mut headers = HeaderMap::new();
        assert_eq!(Lang::kept(&headers), Lang::Zh);
        headers.insert(COOKIES, axum::http::HeaderValue::from_static("a=b; zhucan_lang=en"));
        assert_eq!(Lang::kept(&headers), Lang::En);
    }
}
