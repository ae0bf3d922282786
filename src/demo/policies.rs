//! The policies that the demo announces: the published Shenzhen notice, and two versions made up for the demo.

use super::world::Moment;

/// A policy file and when the office announces it.
#[derive(Clone, Copy, Debug)]
pub struct DemoPolicy {
    /// File name.
    pub file: &'static str,
    /// The file.
    pub text: &'static str,
    /// When it is announced.
    pub announced: Moment,
}

/// Before the Shenzhen notice began to hold: a version is announced before its first day.
const WINTER_2024: Moment = Moment { date: "2024-12-20", minute: 9 * 60 };

/// All of them, in the order of announcement.
pub const POLICIES: [DemoPolicy; 3] = [
    DemoPolicy {
        file: "sz-2025.toml",
        text: include_str!("../../domain/policies/sz-2025.toml"),
        announced: WINTER_2024,
    },
    DemoPolicy { file: "zc-2020.2.toml", text: include_str!("policies/zc-2020.2.toml"), announced: WINTER_2024 },
    DemoPolicy {
        file: "sz-2025.2.toml",
        text: include_str!("policies/sz-2025.2.toml"),
        announced: Moment { date: "2026-03-05", minute: 10 * 60 },
    },
];

#[cfg(test)]
mod tests {
    use domain::policy::{Policy, PolicySet};

    use super::super::plan::Plan;
    use super::super::world::{CANTEENS, date, region};
    use super::*;

    fn announced() -> PolicySet {
        let mut set = PolicySet::new();
        for policy in &POLICIES {
            let parsed = Policy::parse(policy.file, policy.text).unwrap();
            set.announce(parsed, policy.announced.at().local_date()).unwrap();
        }
        set
    }

    #[test]
    fn each_canteen_has_a_policy_and_shenzhens_changes_inside_the_month() {
        let set = announced();
        let version = |canteen: usize, day: &str| {
            let policy = set.covering(&region(CANTEENS[canteen].region), date(day)).unwrap();
            (policy.id().to_owned(), policy.version())
        };
        assert_eq!(version(0, "2026-03-15"), ("sz-2025".to_owned(), 1));
        assert_eq!(version(1, "2026-03-16"), ("sz-2025".to_owned(), 2));
        assert_eq!(version(2, "2026-03-16"), ("zc-2020".to_owned(), 2));
    }

    #[test]
    fn invented_versions_say_so() {
        for policy in &POLICIES[1..] {
            assert!(
                policy.text.contains("演示用虚构") && policy.text.contains("MADE UP FOR THE DEMO"),
                "{}",
                policy.file
            );
        }
    }

    #[test]
    fn every_sale_lies_in_a_window_of_its_policy() {
        let set = announced();
        for sale in Plan::new().sales {
            let policy = set.covering(&region(CANTEENS[sale.canteen].region), sale.day).unwrap();
            let window = policy.meal_at(sale.at.local_minute()).map(|w| w.period.to_string());
            assert_eq!(window.as_deref(), Some(sale.period), "{sale:?}");
        }
    }
}
