//! Refusals in English: what acts say in Chinese, for a page that is read in English.
//!
//! The acts know one language; this is the page's. Names of people, canteens and files stand inside as they are.

mod details;
mod lists;
mod places;

use super::lang::Lang;
use crate::words::Code;

/// A refusal's title.
pub(crate) const fn title(code: Code, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => code.title(),
        Lang::En => english(code).0,
    }
}

/// What to do next.
pub(crate) const fn next_step(code: Code, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => code.next_step(),
        Lang::En => english(code).1,
    }
}

/// What exactly is wrong. A policy file's refusals say both; anything else is found by its Chinese.
pub(crate) fn detail(said: &str, lang: Lang) -> String {
    if said.contains(" / ") {
        return said.lines().map(|line| one_of_two(line, lang)).collect::<Vec<_>>().join("\n");
    }
    if lang == Lang::Zh {
        return said.to_owned();
    }
    if let Some(code) = Code::ALL.iter().find(|code| code.title() == said) {
        return english(*code).0.to_owned();
    }
    known(said).unwrap_or_else(|| said.to_owned())
}

/// The English of a sentence that an act says, if it is one of those that are known.
fn known(said: &str) -> Option<String> {
    let mut all = details::DETAILS.iter().chain(lists::LISTS);
    all.find_map(|(zh, en)| places::filled(zh, en, said))
}

/// Out of `place: 中文 / English` this language's, with its place.
fn one_of_two(line: &str, lang: Lang) -> String {
    let Some((zh, en)) = line.split_once(" / ") else { return line.to_owned() };
    if !is_chinese(zh) || is_chinese(en) {
        return line.to_owned();
    }
    let place = zh.find("] ").map_or("", |end| &zh[..end + 2]);
    match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => format!("{place}{en}"),
    }
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// Title and next step.
const fn english(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::NotFound => ("There is no such thing", "Check the address, or go back to the list."),
        Code::MethodNotAllowed => ("This address takes no such request", "Use the page's own buttons."),
        Code::TooLarge => ("What was sent is too large", "Send it in parts."),
        Code::UnsupportedMediaType => ("What was sent has another format", "Use the page's own form."),
        Code::Malformed => ("What was sent cannot be read", "Check that it is whole and in the right form."),
        Code::Invalid => ("Something in it is not right", "Correct it and send it again."),
        Code::Timeout => ("It took too long", "Try again later; nothing is entered twice."),
        Code::Busy => ("The office is busy", "Try again later."),
        Code::DatabaseAway => ("The database is away", "Try again later; if it goes on, call the administrator."),
        Code::Internal => ("Something went wrong inside", "Try again later; if it goes on, call the administrator."),
        Code::SignInNeeded => ("Not signed in, or the session has ended", "Sign in again."),
        Code::SignInFailed => ("Name or passphrase is wrong", "Check both and try again."),
        Code::SignInLocked => ("Too many failed sign-ins", "Wait, or call the administrator."),
        Code::CodeNeeded => ("The one-time code is needed too", "Send it together with the passphrase."),
        Code::StepUpNeeded => ("Prove once more who you are", "Give passphrase and one-time code, then go on."),
        Code::SetupNeeded => ("Signing in is not finished", "Choose a passphrase or take up a second factor first."),
        Code::ForeignForm => ("The form is not one of ours", "Do it again from a page of this office."),
        Code::Forbidden => ("You have no right to do this", "Ask somebody who has."),
        Code::OutOfScope => ("Outside your region or canteen", "Ask somebody of that place."),
        Code::SignatureMissing => ("The terminal's signature is missing", "Use a terminal that was let in."),
        Code::SignatureInvalid => {
            ("The terminal's signature is wrong", "Look at the terminal; if it was replaced, enrol it.")
        }
        Code::ClockOff => ("The terminal's clock is wrong", "Set it right and try again."),
        Code::Replayed => ("This request was sent before", "Begin it anew."),
        Code::TerminalUnknown => ("The terminal is not known", "Enrol it with a code."),
        Code::TerminalRevoked => ("The terminal is out of service", "Call the administrator; keep what was not sent."),
        Code::EnrolmentPending => ("The terminal waits to be let in", "An administrator compares the fingerprint."),
        Code::FingerprintDiffers => {
            ("The fingerprints differ", "Compare digit by digit; do not let it in if they differ.")
        }
        Code::RecordsUnsent => ("The terminal has records to send", "Let it send them first."),
        Code::TerminalSilent => (
            "The terminal was not heard lately",
            "Switch it on and wait some minutes; if it is lost, take it out of service.",
        ),
        Code::SecondPerson => ("Another person has to do this", "Ask another one who has the right."),
        Code::LookupLimit => ("Too many questions", "Wait a little; use the card or enter by hand."),
        Code::ProtocolUnknown => ("The terminal's program is newer", "Bring the server up to date first."),
        Code::CodeInvalid => ("The code is unknown, used or too old", "Ask the administrator for another one."),
        Code::BatchSize => ("A batch of the wrong size", "Send it in parts."),
        Code::CanteenUnknown => ("There is no such canteen", "Check its number."),
        Code::ElderUnknown => ("There is no such elder", "Check the number."),
        Code::ElderExists => ("This resident ID is registered", "Find the elder and correct the entry."),
        Code::CardUnknown => ("There is no such card", "Check its number."),
        Code::CardTaken => {
            ("The card is registered already", "Check the card; if it is somebody else's, find out why.")
        }
        Code::NameTaken => ("The name is taken", "Choose another one."),
        Code::PolicyRefused => ("The policy file was not accepted", "Change the file as told and propose it again."),
        Code::PolicyUnknown => ("There is no such version", "Check the policy's id and version."),
        Code::CalendarRefused => ("The calendar was not accepted", "Change the file as told and send it again."),
        Code::ImportUnreadable => ("The list cannot be read", "Mend the file as told and bring it again."),
        Code::ImportRefused => ("The list was not taken over", "Check it again and mend what is listed."),
        Code::Conflict => ("It does not fit what is there now", "Reload the page and look again."),
        Code::KeyUnderWay => ("The same request is being worked on", "Try again later with the same key."),
        Code::KeyReused => ("The request's key was used before", "Use another key for another request."),
        Code::AnswerLost => ("It was done; the answer was not kept", "Look at how it stands; do not do it again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: [&str; 14] = [
        include_str!("../words.rs"),
        include_str!("../words/attachments.rs"),
        include_str!("../words/budgets.rs"),
        include_str!("../words/demands.rs"),
        include_str!("../words/draws.rs"),
        include_str!("../words/office.rs"),
        include_str!("../words/proposals.rs"),
        include_str!("../words/settlement.rs"),
        include_str!("../words/sign_in.rs"),
        include_str!("../words/terminals.rs"),
        include_str!("../words/import.rs"),
        include_str!("../../../receipts/src/error.rs"),
        include_str!("../../../domain/src/calendar/workdays.rs"),
        include_str!("../words/claims.rs"),
    ];
    /// Constants that are no refusals that a page shows.
    const OTHERS: [&str; 29] = [
        "CARD_TITLE",
        "NO_PHONE",
        "CALENDAR_NEXT_STEP",
        "ISSUER",
        "NOT_EMPTY",
        "TOO_MANY_WITNESSES",
        "SIGNATURE_HEADERS",
        "SIGNATURE_INVALID",
        "TERMINAL_UNKNOWN",
        "REPLAYED",
        "BEFORE_START",
        "LOOKUP_LIMIT",
        "LOOKUP_BODY",
        "KEY",
        "KEY_UNDER_WAY",
        "KEY_REUSED",
        "ANSWER_LOST",
        // What `verify` finds of demands.
        "DIGEST",
        "NOT_WHOLE",
        "STILL_OPEN",
        "ALONE",
        "OVERPAID",
        "RECEIVED_ALONE",
        // What stands on lists and their reports, in the language of the lists.
        "FORMULA",
        "PHONE_NAME",
        "CANTEEN_NAME",
        "REPORT_SHEET",
        "TEMPLATE_NOTE",
        "NO_HEADS_STEP",
    ];

    #[test]
    fn every_detail_is_said_somewhere_and_is_english_here() {
        let said = |part: &str| SOURCES.iter().any(|source| source.contains(part));
        for (zh, en) in details::DETAILS.iter().chain(lists::LISTS) {
            assert!(!is_chinese(en), "{en}");
            assert_eq!(places::of(zh), places::of(en), "{zh}");
            let texts = places::texts(zh);
            let parts = texts.iter().map(|part| part.split_once('”').map_or(*part, |(_, rest)| rest));
            assert!(parts.filter(|part| part.len() > 6).all(said), "nobody says {zh}");
        }
        for code in Code::ALL {
            assert!(!is_chinese(title(*code, Lang::En)) && !is_chinese(next_step(*code, Lang::En)), "{code}");
        }
    }

    /// A word that is added to these files gets its English here.
    #[test]
    fn every_constant_has_its_english() {
        let mut seen = 0;
        for source in SOURCES.iter().enumerate().filter(|(at, _)| *at != 7).map(|(_, source)| *source) {
            for rest in source.split("pub const ").skip(1) {
                let Some((name, rest)) = rest.split_once(": &str = \"") else { continue };
                let text = rest.split("\";").next().unwrap();
                if name.contains(char::is_whitespace) || OTHERS.contains(&name) || !is_chinese(text) {
                    continue;
                }
                seen += 1;
                assert!(!is_chinese(&detail(text, Lang::En)), "{name}: {text} has no English");
            }
        }
        assert!(seen > 70, "{seen}");
    }

    #[test]
    fn places_are_filled_and_what_is_not_known_stays() {
        assert_eq!(detail("请在 17 秒后再试", Lang::En), "Try again in 17 seconds.");
        assert_eq!(detail("公示天数应在 1 至 60 天之间", Lang::En), "A month is published for 1 to 60 days.");
        assert_eq!(detail("440399 没有由其结算的食堂", Lang::En), "440399 settles no canteen.");
        assert_eq!(detail("表单内容无法读取：missing field", Lang::En), "The form cannot be read: missing field");
        for same in ["三月还没有审批，请先办完", "别的话"] {
            assert_eq!(detail(same, Lang::En), same);
        }
        assert_eq!(detail("请在 17 秒后再试", Lang::Zh), "请在 17 秒后再试");
    }

    #[test]
    fn names_days_and_states_stand_inside_the_english() {
        use crate::words::{self, settlement};
        use domain::settlement::payment::{PaymentRefused, PaymentState, Stage};
        use domain::settlement::{MonthState, NotAllowed};
        let month = "2026-03".parse().unwrap();
        let day: domain::calendar::BusinessDate = "2026-03-31".parse().unwrap();
        let days: Vec<_> = ["2026-03-11", "2026-03-12", "2026-03-13", "2026-04-02"].map(|d| d.parse().unwrap()).into();
        let numbers = ["A-1".to_owned(), "A-2".to_owned()];
        let canteen = domain::id::CanteenId::from_uuid(uuid::Uuid::from_u128(1));
        let reasons: Vec<_> = [
            settlement::incomplete_days(&days),
            settlement::blocking_findings(&numbers),
            settlement::ruled_since(&days[3..]),
            Some(settlement::unexplained(-225)),
            crate::words::claims::in_the_way(&numbers[..1]),
            Some(settlement::DRAFT_UNFINISHED.to_owned()),
        ]
        .into_iter()
        .map(|why| (Some(canteen), why.unwrap()))
        .collect();
        let said = [
            (settlement::month_not_drafted(month), "Mar 2026 is not drafted yet."),
            (settlement::earlier_month_open(month), "Mar 2026 is not approved yet: finish it first."),
            (settlement::not_approved_yet(month), "Mar 2026 is not approved yet: there is nothing to pay."),
            (
                settlement::month_refusal(NotAllowed::State(MonthState::Submitted)),
                "The month is submitted: this cannot be done now.",
            ),
            (
                settlement::payment_refusal(PaymentRefused::Stage(Stage::Disclosed)),
                "The month is published and being paid: this cannot be done now.",
            ),
            (
                settlement::payment_refusal(PaymentRefused::Payment(Some(PaymentState::Sent))),
                "The payment is sent to the bank: it cannot be noted like this.",
            ),
            (
                settlement::payment_refusal(PaymentRefused::StillDisclosed(day)),
                "The list is published until 31 Mar; money is sent after that.",
            ),
            (
                settlement::in_the_way(&reasons),
                "It cannot be submitted: not closed: 11 Mar to 13 Mar, 2 Apr; blocking findings not decided: A-1, A-2; \
                 findings of 2 Apr were decided after the draft: draft it again; the subsidy a day is 22.5% less than the \
                 month before, and nobody said why; claims beyond those entitled not decided: A-1; \
                 the draft was not finished: draft it again",
            ),
            (
                settlement::payees_unchecked(&["四宝山食堂".to_owned(), "云川食堂".to_owned()]),
                "The payee accounts of these canteens were not seen by a second person: approve them under \"Waiting\" \
                 first: 四宝山食堂, 云川食堂",
            ),
            (words::terminals::incomplete(&[1, 3]), "Records of journal 1, 3 are missing."),
            (words::locked(i64::MAX), "This account is locked: call the administrator."),
            (
                words::register::unprintable(
                    &receipts::PrintError::MissingGlyph { field: "姓名".to_owned(), character: '𠮷' }.to_string(),
                ),
                "The card cannot be printed, and none was issued: 姓名: the fonts have no “𠮷” (U+20BB7)",
            ),
            (
                words::register::calendar("假日.csv", "第 2 行：2026-03-02 重复出现"),
                "假日.csv, line 2: 2026-03-02 stands twice",
            ),
            (words::import::refused(3), "3 rows cannot be taken, so nothing of the file was."),
        ];
        for (zh, en) in said {
            assert_eq!(detail(&zh, Lang::En), en, "{zh}");
            assert_eq!(detail(&zh, Lang::Zh), zh);
        }
    }

    /// Every state that a refusal can name has its English.
    #[test]
    fn every_state_is_named() {
        use crate::words::settlement;
        use domain::settlement::MonthState;
        use domain::settlement::payment::{PaymentState, Stage};
        let months = [MonthState::Open, MonthState::Drafted, MonthState::Submitted, MonthState::Approved];
        let stages = [Stage::Approved, Stage::Disclosed, Stage::Paid, Stage::Archived];
        let payments = [None, Some(PaymentState::Sent), Some(PaymentState::Confirmed), Some(PaymentState::Returned)];
        let all = months.map(settlement::state).into_iter().chain(stages.map(settlement::stage));
        for state in all.chain(payments.map(settlement::payment)) {
            assert!(!is_chinese(&detail(&format!("本月{state}，不能办理此事"), Lang::En)), "{state}");
        }
    }

    #[test]
    fn what_says_both_languages_says_one_on_a_page() {
        let both = "a.toml:3:1: [E12] 没有写名称 / the name is missing\na.toml:4:1: [E13] 日期 / the date";
        assert_eq!(detail(both, Lang::En), "a.toml:3:1: [E12] the name is missing\na.toml:4:1: [E13] the date");
        assert_eq!(detail(both, Lang::Zh), "a.toml:3:1: [E12] 没有写名称\na.toml:4:1: [E13] 日期");
        assert_eq!(
            detail("x 第 2 版已公布 / x version 2 has been announced", Lang::En),
            "x version 2 has been announced"
        );
        assert_eq!(detail("1 / 2", Lang::En), "1 / 2");
    }

    /// What is said of a row of a list, constants and sentences alike.
    #[test]
    fn every_reason_of_a_list_has_its_english() {
        use crate::words::import::{self, Why};
        let source = SOURCES[10];
        let mut constants: Vec<String> = Vec::new();
        for why in source.split(": Why =").skip(1) {
            let texts = why.split("why(").nth(1).unwrap().split(");").next().unwrap();
            constants.extend(texts.split('"').skip(3).step_by(2).map(str::to_owned));
        }
        assert!(constants.len() >= 96, "{}", constants.len());
        let both = |why: Why| [why.reason.into_owned(), why.next_step.into_owned()];
        let said = [
            import::id_length(17),
            import::duplicate(&import::place("表一", 4)),
            import::duplicate(&import::place("", 4)),
            import::unknown_category("甲"),
            import::level_too_high("甲", 0),
            import::level_too_high("甲", 3),
            import::meals_after(2),
            import::replaced(import::PHONE_NAME),
            import::replaced(import::CANTEEN_NAME),
            import::no_region(),
            import::no_glyph('𠮷'),
        ];
        let found = vec!["姓名".to_owned()];
        let files = [
            import::no_heads("表一", &["姓名"], &found),
            import::no_heads("", &["姓名"], &[]),
            import::column_twice("表一", "姓名", "名字"),
            import::column_twice("", "姓名", "名字"),
            import::other_digest("ab"),
        ];
        let named = ["姓名", "名字", "表一", "甲"];
        for zh in constants.into_iter().chain(said.into_iter().flat_map(both)).chain(files) {
            let en = named.iter().fold(detail(&zh, Lang::En), |en, name| en.replace(name, ""));
            assert!(!is_chinese(&en), "{zh} is {en}");
        }
    }
}
