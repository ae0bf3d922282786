//! How an amount is read aloud: the clips of the elder's display, one after another.
//!
//! 九元, 十二元六角, 一百元零五分. Browser speech is not to be relied on without a network, so words are put together of
//! clips that are part of the program.

use domain::money::Fen;

/// Names of the clips of the digits.
const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
/// A digit's place within four: its name, from the thousands down.
const PLACES: [(i64, &str); 3] = [(1_000, "thousand"), (100, "hundred"), (10, "ten")];
/// Amounts from here on are not read: no till takes them.
const TOO_MUCH: i64 = 100_000_000 * 100;

fn digit(value: i64) -> &'static str {
    usize::try_from(value).ok().and_then(|index| DIGITS.get(index).copied()).unwrap_or("0")
}

/// A number below ten thousand, more than zero. `inside` says that larger places stand before it.
fn below_wan(mut number: i64, inside: bool, clips: &mut Vec<&'static str>) {
    let mut begun = inside;
    let mut gap = inside && number < 1_000;
    for (place, name) in PLACES {
        let value = number / place;
        number %= place;
        if value == 0 {
            gap |= begun && number > 0;
            continue;
        }
        if gap && begun {
            clips.push("0");
        }
        gap = false;
        // 十二, but 一百一十二.
        if begun || (place, value) != (10, 1) {
            clips.push(digit(value));
        }
        clips.push(name);
        begun = true;
    }
    if number > 0 {
        if gap && begun {
            clips.push("0");
        }
        clips.push(digit(number));
    }
}

fn whole(yuan: i64, clips: &mut Vec<&'static str>) {
    match yuan {
        // 两元; larger numbers keep 二.
        2 => clips.push("2l"),
        _ if yuan >= 10_000 => {
            below_wan(yuan / 10_000, false, clips);
            clips.push("wan");
            if yuan % 10_000 > 0 {
                below_wan(yuan % 10_000, true, clips);
            }
        }
        _ => below_wan(yuan, false, clips),
    }
}

/// The clips of an amount; nothing for nothing, for less than nothing, and for what is beyond any till.
pub(crate) fn amount(fen: Fen) -> Vec<&'static str> {
    let fen = fen.get();
    let mut clips = Vec::new();
    if !(1..TOO_MUCH).contains(&fen) {
        return clips;
    }
    let (yuan, jiao, rest) = (fen / 100, fen / 10 % 10, fen % 10);
    if yuan > 0 {
        whole(yuan, &mut clips);
        clips.push("yuan");
    }
    if jiao > 0 {
        clips.extend([digit(jiao), "jiao"]);
    } else if yuan > 0 && rest > 0 {
        clips.push("0");
    }
    if rest > 0 {
        clips.extend([digit(rest), "fen"]);
    }
    clips
}

/// What is said before the elder pays.
pub(crate) fn to_pay(fen: Fen) -> Vec<&'static str> {
    if fen.is_zero() { vec!["free"] } else { std::iter::once("you-pay").chain(amount(fen)).collect() }
}

/// What is said once it is done.
pub(crate) fn paid(fen: Fen) -> Vec<&'static str> {
    if fen.is_zero() {
        return vec!["enjoy"];
    }
    std::iter::once("paid").chain(amount(fen)).chain(["enjoy"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As a listener understands it, written apart from the reading.
    fn heard(clips: &[&str]) -> i64 {
        let (mut total, mut section, mut number) = (0, 0, 0);
        for clip in clips {
            match *clip {
                "2l" => number = 2,
                "ten" => (section, number) = (section + 10 * number.max(1), 0),
                "hundred" => (section, number) = (section + 100 * number, 0),
                "thousand" => (section, number) = (section + 1_000 * number, 0),
                "wan" => (total, section, number) = ((section + number) * 10_000 * 100, 0, 0),
                "yuan" => (total, section, number) = (total + (section + number) * 100, 0, 0),
                "jiao" => (total, number) = (total + number * 10, 0),
                "fen" => (total, number) = (total + number, 0),
                digit => number = digit.parse().unwrap(),
            }
        }
        assert_eq!((section, number), (0, 0), "every digit has its unit: {clips:?}");
        total
    }

    fn said(fen: i64) -> String {
        amount(Fen::new(fen)).join(" ")
    }

    #[test]
    fn amounts_are_read_as_people_say_them() {
        for (fen, clips) in [
            (900, "9 yuan"),
            (1_260, "ten 2 yuan 6 jiao"),
            (200, "2l yuan"),
            (1_000, "ten yuan"),
            (11_000, "1 hundred 1 ten yuan"),
            (10_500, "1 hundred 0 5 yuan"),
            (10_005, "1 hundred yuan 0 5 fen"),
            (100_500, "1 thousand 0 5 yuan"),
            (101_000, "1 thousand 0 1 ten yuan"),
            (1_000_500, "1 wan 0 5 yuan"),
            (50, "5 jiao"),
            (5, "5 fen"),
            (1_265, "ten 2 yuan 6 jiao 5 fen"),
        ] {
            assert_eq!(said(fen), clips, "{fen}");
        }
        assert!(
            amount(Fen::ZERO).is_empty() && amount(Fen::new(-5)).is_empty() && amount(Fen::new(i64::MAX)).is_empty()
        );
        assert_eq!((to_pay(Fen::ZERO), paid(Fen::ZERO)), (vec!["free"], vec!["enjoy"]));
    }

    #[test]
    fn every_clip_is_shipped() {
        for name in (0..200_000).flat_map(|fen| paid(Fen::new(fen))).chain(to_pay(Fen::new(1))).chain(["wait", "wan"]) {
            assert!(crate::web::CLIPS.iter().any(|(clip, bytes)| *clip == name && !bytes.is_empty()), "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_heard_is_what_was_said(fen in prop_oneof![1_i64..1_000_000, 1_i64..TOO_MUCH]) {
            prop_assert_eq!(heard(&amount(Fen::new(fen))), fen);
        }

        #[test]
        fn no_zero_is_said_twice_or_last(fen in 1_i64..TOO_MUCH) {
            let clips = amount(Fen::new(fen));
            prop_assert!(clips.windows(2).all(|pair| pair != ["0", "0"]), "{:?}", clips);
            let unit = |clip: &&str| matches!(*clip, "yuan" | "jiao" | "fen" | "wan");
            prop_assert!(clips.windows(2).all(|pair| pair[0] != "0" || !unit(&pair[1])), "{:?}", clips);
        }
    }
}
