//! What a record promises: one byte string, strict reading, a chain that shows every change.
#![expect(clippy::unwrap_used, reason = "a record that cannot be built fails its test")]

use domain::calendar::{UnixMs, WorkCalendar};
use domain::canteen::{CanteenFacts, Standing};
use domain::decision::{MealFacts, Mode, Usage};
use domain::elder::{Category, ElderFacts};
use domain::id::{
    BootId, CanteenId, CashierId, CollectionId, Digest, ElderId, PaperListId, RecordId, RefundId, ShiftId, TerminalId,
};
use domain::money::Fen;
use domain::policy::{Policy, PolicySet};
use domain::record::check::{Dispute, Rulebook, check};
use domain::record::encoding::{MAX_BYTES, RecordError, SignedRecord, decode, encode};
use domain::record::totals::CountSum;
use domain::record::{
    Algorithm, Body, Collection, Collector, Credential, Diner, FORMAT, Head, Meal, Paper, Record, Refund, ShiftClose,
    Tender, TimeSource, ZTotals,
};
use domain::subsidy::decide;
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use uuid::Uuid;

/// Written out here because its digest is part of the golden bytes.
const POLICY: &str = r#"
[policy]
id = "golden"
name = "样例"
version = 1
semantics = 1
region = "440300"
effective_from = 2025-01-01
rounding = "half_up"
[meals]
lunch = ["10:30", "13:30"]
[[benefit]]
id = "age-70"
label = "70周岁以上"
kind = "diner"
amount = { up_to = "5.00" }
group = "standard"
payers = { city = 2, district = 1 }
[benefit.elder]
age = { min = 70 }
[[benefit]]
id = "operator"
label = "运营补助"
kind = "operator"
amount = { fixed = "2.00" }
payers = { lottery = 1 }
requires = ["age-70"]
"#;

fn rules() -> Rulebook {
    let mut set = PolicySet::default();
    set.announce(Policy::parse("golden.toml", POLICY).unwrap(), "2024-12-01".parse().unwrap()).unwrap();
    Rulebook::new(set, WorkCalendar::published())
}

fn record(sequence: u64, previous: Digest, body: Body) -> Record {
    let at = UnixMs::new(1_772_422_320_000); // 2026-03-02 11:32 +08:00
    Record {
        format: FORMAT,
        algorithm: Algorithm::Sha256Ed25519,
        id: RecordId::from_uuid(Uuid::from_u128(0x0195_5000_0000_7000_8000_0000_0000_0000 + u128::from(sequence))),
        canteen: CanteenId::from_uuid(Uuid::from_u128(1)),
        terminal: TerminalId::from_uuid(Uuid::from_u128(2)),
        epoch: 1,
        sequence,
        previous,
        at,
        time_source: TimeSource::Server,
        wall: at.plus(250),
        monotonic: 86_400_000,
        boot: BootId::from_uuid(Uuid::from_u128(3)),
        server_time: Some(at.plus(-5_000)),
        cashier: Some(CashierId::from_uuid(Uuid::from_u128(4))),
        shift: Some(ShiftId::from_uuid(Uuid::from_u128(5))),
        body,
    }
}

fn meal(rules: &Rulebook) -> Meal {
    let facts = ElderFacts {
        age: 82,
        hukou: Some("440304001002".parse().unwrap()),
        residence: Some("440304001002".parse().unwrap()),
        categories: vec![
            Category { name: "失能".to_owned(), level: Some(1) },
            Category { name: "独居".to_owned(), level: None },
        ],
    };
    let canteen = CanteenFacts {
        region: "440304001003".parse().unwrap(),
        tags: ["open-kitchen".to_owned()].into(),
        standing: Standing { quality_grade: "A".to_owned(), ..Standing::default() },
    };
    let meal = MealFacts {
        date: "2026-03-02".parse().unwrap(),
        period: "lunch".parse().unwrap(),
        mode: Mode::DineIn,
        price: Fen::new(1800),
    };
    let policy = rules.policies.covering(&canteen.region, meal.date).unwrap();
    let used = Usage::default();
    let decision = decide(policy, rules.calendar(), &facts, &canteen, &meal, &used).decision;
    let diner = Diner {
        elder: ElderId::from_uuid(Uuid::from_u128(6)),
        credential: Credential::Card,
        facts,
        canteen,
        used,
        roster: UnixMs::new(1_772_400_000_000),
        usage: UnixMs::new(1_772_400_060_000),
        calendar: rules.calendar().digest(),
        approved_by: None,
    };
    Meal::new(meal, Some(diner), Tender::Cash, true, decision)
}

fn bodies(rules: &Rulebook) -> Vec<Body> {
    let meal = meal(rules);
    vec![
        Body::Start { previous: None, software: "0.1.0".to_owned() },
        Body::ShiftOpen { float: Fen::new(20_000) },
        Body::Meal(Box::new(meal.clone())),
        Body::Meal(Box::new(Meal {
            decision: domain::decision::Decision::full_price(meal.meal.price),
            diner: None,
            ..meal.clone()
        })),
        Body::Void { meal: RecordId::from_uuid(Uuid::from_u128(7)), reason: "按错了".to_owned(), approved_by: None },
        Body::Cash { amount: Fen::new(-2_000), note: "买洗洁精".to_owned() },
        Body::ShiftClose(Box::new(ShiftClose {
            date: "2026-03-02".parse().unwrap(),
            first_sequence: 1,
            totals: ZTotals::default(),
            float: Fen::new(20_000),
            moved: Fen::new(-2_000),
            counted: Fen::new(18_000),
            reason: String::new(),
            late: false,
        })),
        Body::Day { through: "2026-03-02".parse().unwrap() },
        Body::Start {
            previous: Some(Head { epoch: 1, sequence: 7, hash: Digest([9; 32]) }),
            software: "0.1.0".to_owned(),
        },
        Body::Training(Box::new(meal.clone())),
        Body::Refund(Refund {
            due: RefundId::from_uuid(Uuid::from_u128(8)),
            meal: RecordId::from_uuid(Uuid::from_u128(7)),
            elder: ElderId::from_uuid(Uuid::from_u128(6)),
            amount: Fen::new(500),
        }),
        Body::Void {
            meal: RecordId::from_uuid(Uuid::from_u128(7)),
            reason: "老人不要了".to_owned(),
            approved_by: Some(CashierId::from_uuid(Uuid::from_u128(9))),
        },
        Body::Meal(Box::new(out_of_the_ordinary(meal))),
    ]
}

/// Every field that few meals have, whether or not they can be together.
fn out_of_the_ordinary(mut meal: Meal) -> Meal {
    let supervisor = CashierId::from_uuid(Uuid::from_u128(9));
    if let Some(diner) = &mut meal.diner {
        diner.credential = Credential::Manual;
        diner.approved_by = Some(supervisor);
    }
    Meal {
        tender: Tender::QrPayment,
        unidentified: Some(Digest([5; 32])),
        collection: Some(Collection { by: Collector::Spouse, id: CollectionId::from_uuid(Uuid::from_u128(10)) }),
        reference: Some("4200001234".to_owned()),
        paper: Some(Paper { list: PaperListId::from_uuid(Uuid::from_u128(11)), line: 3, approved_by: supervisor }),
        ..meal
    }
}

/// A chain of one record of each kind.
fn chain(rules: &Rulebook) -> Vec<Record> {
    let mut previous = Digest::ZERO;
    let mut records = Vec::new();
    for (sequence, body) in (0..).zip(bodies(rules)) {
        let record = record(sequence, previous, body);
        previous = domain::record::encoding::hash(encode(&record).as_bytes());
        records.push(record);
    }
    records
}

/// The bytes of format 1 for all time: a change here would make every stored record unreadable.
#[test]
fn format_1_has_these_bytes() {
    let lines: Vec<String> = chain(&rules()).iter().map(encode).collect();
    insta::assert_snapshot!("format_1", lines.join("\n"));
}

#[test]
fn what_was_written_reads_back() {
    for record in chain(&rules()) {
        assert_eq!(decode(&encode(&record)), Ok(record));
    }
}

#[test]
fn only_the_one_encoding_is_read() {
    let text = encode(&chain(&rules())[1]);
    let spaced = text.replacen(':', ": ", 1);
    let reordered =
        text.replacen(r#""format":1,"algorithm":"sha256-ed25519""#, r#""algorithm":"sha256-ed25519","format":1"#, 1);
    let twice = text.replacen(r#""format":1"#, r#""format":1,"format":1"#, 1);
    let unknown = text.replacen(r#""format":1"#, r#""format":1,"extra":0"#, 1);
    let later = text.replacen(r#""format":1"#, r#""format":2"#, 1);
    let float = text.replacen("20000", "20000.0", 1);
    assert_eq!(decode(&spaced), Err(RecordError::NotCanonical));
    assert_eq!(decode(&reordered), Err(RecordError::NotCanonical));
    assert_eq!(decode(&later), Err(RecordError::UnknownFormat(2)));
    for bad in [&twice, &unknown, &float, &text[..text.len() - 1], "", "null", "[]"] {
        assert!(matches!(decode(bad), Err(RecordError::Malformed(_))), "{bad}");
    }
    assert_eq!(decode(&"x".repeat(MAX_BYTES + 1)), Err(RecordError::TooLarge(MAX_BYTES + 1)));
}

/// Absurd amounts and times would make later sums leave their range: such a text is no record.
#[test]
fn what_no_canteen_can_have_is_refused() {
    let out = |from: &str, to: &str, which: usize| {
        let text = encode(&chain(&rules())[which]);
        assert!(text.contains(from), "{from} in {text}");
        decode(&text.replace(from, to))
    };
    let field = |name: &str| Err(RecordError::OutOfRange(name.to_owned()));
    assert_eq!(out("\"float\":20000", "\"float\":9223372036854775807", 1), field("float"));
    assert_eq!(out("\"price\":1800", "\"price\":-1800", 2), field("price"));
    assert_eq!(out("\"price\":1800", "\"price\":9223372036854775807", 2), field("price"));
    assert_eq!(out("\"amount\":500", "\"amount\":9223372036854775807", 2), field("lines"));
    assert_eq!(out("\"at\":1772422320000", "\"at\":-9223372036854775808", 0), field("at"));
    assert_eq!(out("\"counted\":18000", "\"counted\":9223372036854775807", 6), field("totals"));
}

#[test]
fn a_meal_explains_itself_and_shows_every_untruth() {
    let rules = rules();
    let honest = meal(&rules);
    let checked = |change: &dyn Fn(&mut Meal)| {
        let mut meal = honest.clone();
        change(&mut meal);
        check(&record(2, Digest::ZERO, Body::Meal(Box::new(meal))), &rules)
    };
    assert_eq!(checked(&|_| {}), Ok(()));
    assert_eq!(checked(&|m| m.diner.as_mut().unwrap().facts.age = 60), Err(Dispute::OtherDecision));
    assert_eq!(checked(&|m| m.decision.own_payment += Fen::new(1)), Err(Dispute::ImpossibleAmount));
    assert_eq!(checked(&|m| m.meal.price = Fen::new(100)), Err(Dispute::ImpossibleAmount));
    assert_eq!(checked(&|m| m.tender = Tender::Free), Err(Dispute::ImpossibleAmount));
    assert_eq!(checked(&|m| m.diner = None), Err(Dispute::OtherDecision));
    assert_eq!(checked(&|m| m.meal.date = "2026-03-03".parse().unwrap()), Err(Dispute::OtherDate));
    assert_eq!(checked(&|m| m.decision.policy.as_mut().unwrap().version = 9), Err(Dispute::UnknownPolicy));
    assert_eq!(checked(&|m| m.diner.as_mut().unwrap().calendar = Digest::ZERO), Err(Dispute::UnknownCalendar));
    let elsewhere = |m: &mut Meal| m.diner.as_mut().unwrap().canteen.region = "320102".parse().unwrap();
    assert_eq!(checked(&elsewhere), Err(Dispute::PolicyNotInForce));
}

/// A paper list is entered later, outside of a shift, and seen by two people.
#[test]
fn a_paper_list_needs_a_second_person_and_an_earlier_day() {
    let rules = rules();
    let checked = |change: &dyn Fn(&mut Record, &mut Meal)| {
        let mut meal = meal(&rules);
        let approved_by = CashierId::from_uuid(Uuid::from_u128(9));
        meal.paper = Some(Paper { list: PaperListId::from_uuid(Uuid::from_u128(11)), line: 1, approved_by });
        let mut entered = record(2, Digest::ZERO, Body::Day { through: meal.meal.date });
        entered.at = entered.at.plus(24 * 3_600_000);
        entered.shift = None;
        change(&mut entered, &mut meal);
        entered.body = Body::Meal(Box::new(meal));
        (check(&entered, &rules), entered.business_date().to_string())
    };
    assert_eq!(checked(&|_, _| {}), (Ok(()), "2026-03-02".to_owned()));
    let same_person = checked(&|record, meal| record.cashier = meal.paper.as_ref().map(|paper| paper.approved_by));
    assert_eq!(same_person.0, Err(Dispute::PaperList));
    assert_eq!(checked(&|record, _| record.cashier = None).0, Err(Dispute::PaperList));
    let in_a_shift = checked(&|record, _| record.shift = Some(ShiftId::from_uuid(Uuid::from_u128(5))));
    assert_eq!(in_a_shift.0, Err(Dispute::PaperList));
    let ahead = checked(&|record, _| record.at = record.at.plus(-48 * 3_600_000));
    assert_eq!(ahead.0, Err(Dispute::PaperList));
    let not_on_paper = checked(&|_, meal| meal.paper = None);
    assert_eq!(not_on_paper, (Err(Dispute::OtherDate), "2026-03-03".to_owned()));
}

#[test]
fn a_credential_that_was_kept_aside_has_no_diner() {
    let rules = rules();
    let mut meal = meal(&rules);
    meal.unidentified = Some(Digest([5; 32]));
    let known = record(2, Digest::ZERO, Body::Meal(Box::new(meal.clone())));
    assert_eq!(check(&known, &rules), Err(Dispute::Contradiction));
    meal.diner = None;
    meal.decision = domain::decision::Decision::full_price(meal.meal.price);
    let unknown = record(2, Digest::ZERO, Body::Meal(Box::new(meal)));
    assert_eq!(check(&unknown, &rules), Ok(()));
}

#[test]
fn refunds_leave_the_drawer_and_training_counts_nothing() {
    let rules = rules();
    let records: Vec<Record> = bodies(&rules).into_iter().map(|body| record(1, Digest::ZERO, body)).collect();
    let totals = ZTotals::of(&records[9..11]);
    assert_eq!(totals.meals, CountSum::default());
    assert_eq!(totals.refunds, CountSum { count: 1, amount: Fen::new(500) });
    let Body::ShiftClose(close) = &records[6].body else { panic!("the seventh body is a Z report") };
    let close = ShiftClose { totals, ..(**close).clone() };
    assert_eq!((close.expected(), close.difference()), (Fen::new(17_500), Fen::new(500)));
}

proptest! {
    /// Whatever single byte of a signed record is changed, the record is refused.
    #[test]
    fn no_byte_can_be_changed(which in 0_usize..13, at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let key = SigningKey::from_bytes(&[7; 32]);
        let signed = SignedRecord::seal(&chain(&rules())[which], &key);
        let mut bytes = signed.record.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        if let Ok(record) = String::from_utf8(bytes) {
            let changed = SignedRecord { record, signature: signed.signature };
            prop_assert_eq!(changed.verify(&key.verifying_key()), Err(RecordError::Signature));
            prop_assert_ne!(changed.hash(), signed.hash());
        }
    }

    #[test]
    fn reading_never_panics(text in "\\PC*") {
        let _ = decode(&text);
    }

    /// Damaged records are refused or are, byte for byte, another record's one encoding.
    #[test]
    fn damaged_records_are_refused_or_canonical(which in 0_usize..13, cut in any::<prop::sample::Index>(), put in "[0-9a-z\"{}:,]{0,3}") {
        let text = encode(&chain(&rules())[which]);
        let mut at = cut.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let damaged = format!("{}{put}{}", &text[..at], text[at..].chars().skip(1).collect::<String>());
        if let Ok(record) = decode(&damaged) {
            prop_assert_eq!(encode(&record), damaged);
        }
    }
}
