//! Announcing policies, and which one covers a canteen on a date.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its own data has failed")]

use domain::calendar::BusinessDate;
use domain::policy::{Policy, PolicySet};
use domain::region::RegionCode;

fn date(text: &str) -> BusinessDate {
    text.parse().unwrap()
}

fn region(text: &str) -> RegionCode {
    text.parse().unwrap()
}

fn policy(id: &str, version: u32, regions: &str, dates: &str) -> Policy {
    let text = format!(
        "[policy]\nid = \"{id}\"\nname = \"试\"\nversion = {version}\nsemantics = 1\nregion = {regions}\n{dates}\n\
         [meals]\nlunch = [\"10:30\", \"13:30\"]\n"
    );
    Policy::parse(id, &text).unwrap_or_else(|errors| panic!("{errors}"))
}

const CITY: &str = "\"440300\"";

fn code(set: &mut PolicySet, policy: Policy, today: &str) -> &'static str {
    let before = set.policies().count();
    match set.announce(policy, date(today)) {
        Ok(()) => "",
        Err(error) => {
            assert_eq!(set.policies().count(), before, "a refused policy changes nothing");
            assert!(!error.to_string().is_empty());
            error.code()
        }
    }
}

#[test]
fn the_longest_region_covers_and_a_version_ends_before_the_next() {
    let mut set = PolicySet::new();
    let today = "2025-12-01";
    assert_eq!(code(&mut set, policy("city", 1, CITY, "effective_from = 2026-01-01"), today), "");
    assert_eq!(
        code(&mut set, policy("city", 2, CITY, "effective_from = 2026-07-01\neffective_until = 2026-12-31"), today),
        ""
    );
    let district =
        policy("district", 1, "[\"440304\", \"440400\"]", "effective_from = 2026-03-01\neffective_until = 2026-03-31");
    assert_eq!(code(&mut set, district, today), "");
    let covering =
        |place: &str, day: &str| set.covering(&region(place), date(day)).map(|p| format!("{} {}", p.id(), p.version()));
    assert_eq!(covering("440304001", "2025-12-31"), None);
    assert_eq!(covering("440304001", "2026-01-01").as_deref(), Some("city 1"));
    assert_eq!(covering("440304001", "2026-03-01").as_deref(), Some("district 1"));
    assert_eq!(covering("440304001", "2026-03-31").as_deref(), Some("district 1"));
    assert_eq!(covering("440304001", "2026-04-01").as_deref(), Some("city 1"));
    assert_eq!(covering("440305001", "2026-03-15").as_deref(), Some("city 1"));
    assert_eq!(covering("440402001", "2026-03-15").as_deref(), Some("district 1"));
    assert_eq!(covering("440304001", "2026-06-30").as_deref(), Some("city 1"));
    assert_eq!(covering("440304001", "2026-07-01").as_deref(), Some("city 2"));
    assert_eq!(covering("440304001", "2027-01-01"), None);
    assert_eq!(covering("4403", "2026-03-15").as_deref(), Some("city 1"), "known to the city only");
    assert_eq!(covering("44", "2026-03-15"), None);

    let first = set.policies().next().unwrap().reference().clone();
    assert_eq!(set.by_ref(&first).map(Policy::version), Some(1));
    assert_eq!(set.last_day(&first), Some(date("2026-06-30")));
    let mut other = first.clone();
    other.hash = domain::id::Digest::ZERO;
    assert!(set.by_ref(&other).is_none(), "another content is another policy");
}

#[test]
fn versions_are_announced_once_ahead_of_time_and_on_days_of_their_own() {
    let mut set = PolicySet::new();
    let v = |version, dates: &str| policy("city", version, CITY, dates);
    assert_eq!(code(&mut set, v(1, "effective_from = 2025-12-31"), "2026-01-01"), "in_the_past");
    assert_eq!(code(&mut set, v(1, "effective_from = 2026-01-01"), "2026-01-01"), "", "today is not the past");
    assert_eq!(code(&mut set, v(1, "effective_from = 2026-02-01"), "2026-01-01"), "version_twice");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-01-01"), "2026-01-01"), "same_day");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-01-15"), "2026-02-01"), "in_the_past");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-01-15\ncorrects = 7"), "2026-02-01"), "corrects_unknown");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-01-15\ncorrects = 1"), "2026-01-14"), "corrects_future");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-01-15\ncorrects = 1"), "2026-02-01"), "");
    assert_eq!(set.covering(&region("4403"), date("2026-01-14")).map(Policy::version), Some(1));
    assert_eq!(set.covering(&region("4403"), date("2026-01-15")).map(Policy::version), Some(2));
    assert!(
        PolicySet::new().restore(v(1, "effective_from = 2020-01-01")).is_ok(),
        "what was announced before is restored"
    );
}

/// A version that was wrong from its first day is replaced as a whole, by a correction only.
#[test]
fn a_correction_may_begin_on_the_day_of_what_it_corrects() {
    let mut set = PolicySet::new();
    let v = |version, dates: &str| policy("city", version, CITY, dates);
    assert_eq!(code(&mut set, v(1, "effective_from = 2026-01-01"), "2025-12-01"), "");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-01-01"), "2026-02-01"), "in_the_past");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-01-01\ncorrects = 1"), "2025-12-31"), "corrects_future");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-01-01\ncorrects = 1"), "2026-02-01"), "");
    assert_eq!(code(&mut set, v(3, "effective_from = 2026-01-01\ncorrects = 1"), "2026-02-01"), "same_day");
    assert_eq!(code(&mut set, v(3, "effective_from = 2026-01-01\ncorrects = 2"), "2026-02-01"), "");
    assert_eq!(code(&mut set, v(4, "effective_from = 2026-01-01\ncorrects = 3"), "2026-02-01"), "", "again and again");
    for day in ["2026-01-01", "2026-03-01"] {
        assert_eq!(set.covering(&region("4403"), date(day)).map(Policy::version), Some(4));
    }
    // A terminal is sent the set in its own order and reads it again to the same.
    let mut again = PolicySet::new();
    for policy in set.policies() {
        again.restore(policy.clone()).unwrap();
    }
    assert!(again.policies().map(Policy::version).eq(set.policies().map(Policy::version)));
    assert_eq!(again.covering(&region("4403"), date("2026-01-01")).map(Policy::version), Some(4));
}

#[test]
fn a_terminal_can_be_sent_some_policies_in_any_order() {
    let mut set = PolicySet::new();
    let today = "2025-12-01";
    assert_eq!(code(&mut set, policy("b", 1, CITY, "effective_from = 2026-01-01"), today), "");
    assert_eq!(code(&mut set, policy("b", 2, "\"440400\"", "effective_from = 2026-07-01"), today), "");
    assert_eq!(code(&mut set, policy("a", 1, CITY, "effective_from = 2026-07-01"), today), "");
    let mut downloaded = PolicySet::new();
    for policy in set.policies() {
        downloaded.restore(policy.clone()).unwrap();
    }
    assert_eq!(downloaded.covering(&region("440304"), date("2026-07-01")).map(Policy::id), Some("a"));
    let correction = policy("c", 2, CITY, "effective_from = 2026-01-15\ncorrects = 1");
    assert!(PolicySet::new().restore(correction).is_ok(), "the corrected one was of another region");
}

/// What tills could charge by, before and after a correction was announced.
#[test]
fn what_was_charged_before_a_correction_stays_right() {
    let mut set = PolicySet::new();
    let v = |version, dates: &str| policy("city", version, CITY, dates);
    assert_eq!(code(&mut set, v(1, "effective_from = 2026-01-01"), "2025-12-01"), "");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-03-01"), "2025-12-01"), "");
    assert_eq!(code(&mut set, v(3, "effective_from = 2026-02-01\ncorrects = 1"), "2026-02-15"), "");
    assert_eq!(code(&mut set, v(4, "effective_from = 2026-02-01\ncorrects = 3"), "2026-03-15"), "");
    let reference = |version| set.policies().find(|p| p.version() == version).unwrap().reference().clone();
    let could = |version, day: &str| set.could_charge(&reference(version), &region("440304"), date(day));
    assert!(could(1, "2026-01-31") && could(4, "2026-02-10") && could(2, "2026-03-02"));
    assert!(could(1, "2026-02-10") && could(3, "2026-02-10"), "in force until it was corrected");
    assert!(could(1, "2026-03-02"), "a till may not have heard of the second version");
    assert!(!could(3, "2026-03-02"), "whoever knew the third knew the second");
    assert!(!could(2, "2026-02-10") && !could(3, "2026-01-31"));
    assert!(!set.could_charge(&reference(1), &region("4404"), date("2026-01-10")));
    let corrected = |charged: Option<u32>, day: &str| {
        set.is_corrected(charged.map(reference).as_ref(), &region("440304"), date(day))
    };
    assert!(corrected(Some(1), "2026-02-10") && corrected(Some(3), "2026-02-10") && corrected(None, "2026-02-10"));
    assert!(!corrected(Some(4), "2026-02-10") && !corrected(Some(1), "2026-01-31") && !corrected(None, "2026-01-31"));
    let before = set.first(3);
    assert_eq!(before.covering(&region("4403"), date("2026-02-10")).map(Policy::version), Some(3));
    assert_eq!(set.first(2).covering(&region("4403"), date("2026-02-10")).map(Policy::version), Some(1));
}

/// Something else than what covers the canteen was charged by: only a correction of it explains that.
#[test]
fn only_a_correction_that_had_begun_explains_another_version() {
    let mut set = PolicySet::new();
    let v = |version, dates: &str| policy("city", version, CITY, dates);
    assert_eq!(code(&mut set, v(1, "effective_from = 2026-01-01"), "2025-12-01"), "");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-02-01"), "2025-12-01"), "");
    let first = set.policies().find(|p| p.version() == 1).unwrap().reference().clone();
    let corrected = |set: &PolicySet, day: &str| set.is_corrected(Some(&first), &region("440304"), date(day));
    assert!(!corrected(&set, "2026-02-10"), "the second version was announced ahead of its day: nothing was corrected");
    assert_eq!(code(&mut set, v(3, "effective_from = 2026-01-20\ncorrects = 1"), "2026-02-15"), "");
    assert!(!corrected(&set, "2026-01-19"), "the correction had not begun");
    assert!(corrected(&set, "2026-01-20"), "it covers the canteen");
    assert!(
        corrected(&set, "2026-02-10"),
        "what was charged by was corrected, though the next version covers the canteen"
    );
}

#[test]
fn a_correction_may_begin_on_the_day_of_its_announcement() {
    let mut set = PolicySet::new();
    let v = |version, dates: &str| policy("city", version, CITY, dates);
    assert_eq!(code(&mut set, v(1, "effective_from = 2026-01-01"), "2025-12-01"), "");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-02-02\ncorrects = 1"), "2026-02-01"), "corrects_future");
    assert_eq!(code(&mut set, v(2, "effective_from = 2026-02-01\ncorrects = 1"), "2026-02-01"), "");
}

/// What was sold since the morning was right, and a version of the same day would make it wrong.
#[test]
fn a_version_begins_today_only_where_nothing_is_charged_by_yet() {
    let mut set = PolicySet::new();
    let today = "2026-02-01";
    let from_today = |id: &str, version, regions: &str| policy(id, version, regions, "effective_from = 2026-02-01");
    assert_eq!(code(&mut set, from_today("city", 1, CITY), today), "", "the first one there");
    let next = policy("city", 2, CITY, "effective_from = 2026-03-01");
    assert_eq!(code(&mut set, next, today), "");
    let third = |from: &str| policy("city", 3, CITY, &format!("effective_from = {from}"));
    assert_eq!(code(&mut set, third("2026-02-10"), "2026-02-10"), "underway");
    assert_eq!(code(&mut set, third("2026-02-11"), "2026-02-10"), "", "from tomorrow on");
    let district = "[\"440400\", \"440304\"]";
    assert_eq!(code(&mut set, from_today("district", 1, district), today), "underway", "a part of it is covered");
    assert_eq!(code(&mut set, from_today("elsewhere", 1, "\"440400\""), today), "");
    assert_eq!(code(&mut set, from_today("province", 1, "\"440000\""), today), "", "its cities stay as they are");
    let over = policy("city", 4, CITY, "effective_from = 2026-04-01\neffective_until = 2026-04-30");
    assert_eq!(code(&mut set, over, today), "");
    let new = || policy("new", 1, CITY, "effective_from = 2026-05-01");
    assert_eq!(code(&mut set, new(), "2026-05-01"), "underway", "the city's has ended, the province's has not");
    let mut ended = PolicySet::new();
    let over = policy("city", 1, CITY, "effective_from = 2026-04-01\neffective_until = 2026-04-30");
    assert_eq!(code(&mut ended, over, "2026-04-01"), "");
    assert_eq!(code(&mut ended, new(), "2026-05-01"), "", "nothing is in force");
}

#[test]
fn a_tie_is_refused_on_the_days_both_would_cover() {
    let city = |id: &str, dates: &str| policy(id, 1, CITY, dates);
    let mut set = PolicySet::new();
    let today = "2025-12-01";
    assert_eq!(code(&mut set, city("a", "effective_from = 2026-01-01\neffective_until = 2026-06-30"), today), "");
    assert_eq!(code(&mut set, city("b", "effective_from = 2026-06-30"), today), "coverage_tie");
    assert_eq!(
        code(&mut set, policy("b", 1, "[\"440304\", \"440300\"]", "effective_from = 2026-02-01"), today),
        "coverage_tie"
    );
    assert_eq!(code(&mut set, city("b", "effective_from = 2026-07-01"), today), "");
    assert_eq!(
        code(&mut set, policy("c", 1, "\"440000\"", "effective_from = 2026-01-01"), today),
        "",
        "a shorter region"
    );
    assert_eq!(
        code(&mut set, policy("d", 1, "\"440304\"", "effective_from = 2026-01-01"), today),
        "",
        "a longer region"
    );
    assert_eq!(
        code(&mut set, policy("e", 1, "\"440304000000\"", "effective_from = 2026-01-01"), today),
        "coverage_tie"
    );

    // A version that an earlier end makes room for: the span counts, not the first announcement.
    let mut set = PolicySet::new();
    assert_eq!(code(&mut set, city("a", "effective_from = 2026-01-01"), today), "");
    assert_eq!(code(&mut set, policy("a", 2, "\"440400\"", "effective_from = 2026-07-01"), today), "");
    assert_eq!(code(&mut set, city("b", "effective_from = 2026-07-01"), today), "");
}

#[test]
fn the_content_hash_is_of_the_bytes() {
    let text = policy("a", 1, CITY, "effective_from = 2026-01-01").source().to_owned();
    let same = Policy::parse("another-name", &text).unwrap();
    assert_eq!(same.reference().hash, Policy::hash_of(&text));
    assert_eq!(same.reference().hash, domain::id::Digest::of("zhucan.policy.1", &[text.as_bytes()]));
    let commented = Policy::parse("a", &format!("{text}# \n")).unwrap();
    assert_ne!(same.reference(), commented.reference());
}
