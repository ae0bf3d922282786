//! Which faults a seed brings, and how many there were. Each seed has a mixture of its own: with all faults at once the
//! rare ones hide each other.

use zhucan::demo::chance::Chance;

use crate::network::Odds;

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident $words:literal;)*) => {
        /// How often each thing was done.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct Count {
            $($(#[$doc])* pub(crate) $name: u64,)*
        }

        impl Count {
            /// Adds another seed's.
            pub(crate) const fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }

            /// Words and numbers.
            pub(crate) fn rows(&self) -> Vec<(&'static str, u64)> {
                vec![$(($words, self.$name),)*]
            }
        }
    };
}

counts! {
    steps "steps";
    canteen_days "canteen-days";
    sales "meals sold";
    voids "meals reversed";
    requests "requests handled by the office";
    requests_lost "requests lost";
    answers_lost "answers lost after the office had done its work";
    doubled "requests delivered twice";
    held_back "requests given up by the terminal";
    cut_short "requests cut in the middle of their body";
    answers_cut "answers cut in the middle of their body";
    came_late "of these delivered later, out of order";
    slow "answers held back while other things went on";
    cut "lines cut";
    office_killed "office killed at the instant of an answer";
    office_restarted "office restarted";
    office_restored "office set back to an older copy";
    till_killed "terminal killed at the instant of a confirmation";
    till_restarted "terminal restarted";
    rebooted "terminal switched off and on";
    dead_battery "of these with a dead battery: 2000-01-01";
    skewed "wall clocks set forward or back";
    ran_ahead "terminals that came up days ahead, sold, and heard the right time";
    till_restored "terminal set back to an older copy";
    damaged "terminal's database damaged, and saved";
    filled "disks filled or emptied";
    refused_full "guests not served on a full disk";
    copied "terminal copied, both in use";
    announced "policy announced in the middle";
    deaths "deaths reported late";
    categories "categories begun or ended";
    grades "standings changed";
    cards "cards revoked or replaced";
    lost_cards "revoked cards tried at a till";
    registered "persons registered late";
    lost_registrations "registrations lost with the office's database, and made again";
    enrolled "terminals let in";
    known_again "terminals in service that asked again with another code, and stayed who they are";
    lost_terminals "terminals that an office set back had forgotten, let in again";
    registrations_lost "requests to be let in that came to nothing";
    revoked_tills "terminals taken out of service while they sold";
    ended_epochs "journals of these ended by two people, for days waited for them";
    sold_out_of_service "meals sold by terminals out of service";
    chips "chip cards registered";
    by_chip "meals sold on a chip card";
    by_number "meals sold on an ID number";
    kept "meals at full price on what the till could not place";
    identified "of these identified later";
    refunds "refunds paid at a till";
    refunded_twice "of these paid a second time by another till: settled once";
    papers "paper lists confirmed by a second person";
    paper_lines "meals entered from them";
    closes "days closed in the middle";
    drafts "months drafted in the middle";
    approved "months approved";
    epochs "new epochs after a fork";
}

/// Weights of a seed's steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mixture {
    pub(crate) odds: Odds,
    pub(crate) days: u16,
    /// Steps at each lunch, all tills together.
    pub(crate) busy: u16,
    pub(crate) line: u16,
    pub(crate) restart: u16,
    pub(crate) kill: u16,
    pub(crate) clock: u16,
    pub(crate) office_restart: u16,
    pub(crate) office_restore: u16,
    pub(crate) till_restore: u16,
    pub(crate) copy: u16,
    /// A terminal's database is damaged.
    pub(crate) damage: u16,
    /// A terminal's disk fills up.
    pub(crate) full: u16,
    pub(crate) facts: u16,
    pub(crate) month: u16,
    /// Money is paid back.
    pub(crate) refund: u16,
    /// Paper lists are entered.
    pub(crate) paper: u16,
    /// Terminals ask to be let in.
    pub(crate) enrol: u16,
    /// Terminals are taken out of service.
    pub(crate) revoke: u16,
}

impl Mixture {
    pub(crate) fn of(chance: &mut Chance) -> Self {
        let mut some = |of_hundred: u16, most: u16| if chance.percent(of_hundred) { 1 + chance.below(most) } else { 0 };
        let odds = Odds {
            request_lost: if some(60, 1) > 0 { 30 } else { 0 },
            answer_lost: some(60, 30),
            twice: if some(50, 1) > 0 { 50 } else { 0 },
            late: some(40, 20),
            slow: some(40, 20),
            killed: some(40, 4),
            cut: some(40, 10),
        };
        Self {
            odds,
            days: 2 + some(35, 1),
            busy: 7 + some(100, 5),
            line: some(50, 8),
            restart: some(50, 4),
            kill: some(50, 20),
            clock: some(40, 4),
            office_restart: some(40, 3),
            office_restore: some(25, 3),
            till_restore: some(25, 3),
            copy: some(10, 2),
            damage: some(20, 2),
            full: some(25, 3),
            facts: some(80, 8),
            month: some(60, 3),
            refund: some(70, 6),
            paper: some(50, 3),
            enrol: some(40, 3),
            revoke: some(20, 2),
        }
    }
}
