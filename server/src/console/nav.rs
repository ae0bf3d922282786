//! What stands in the rail, by role. Only what the person has a right to is offered.

use crate::people::Role;

use super::words::Words;

/// An entry of the rail.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// Its page.
    pub(crate) path: &'static str,
    /// Its icon.
    pub(crate) icon: &'static str,
    /// Its word.
    pub(crate) word: fn(&'static Words) -> &'static str,
}

macro_rules! entries {
    ($($name:ident $path:literal $icon:literal $word:ident;)*) => {
        $(const $name: Entry = Entry { path: $path, icon: $icon, word: |w| w.$word };)*
        /// Every entry, whoever sees it.
        #[cfg(test)]
        const ALL: &[Entry] = &[$($name),*];
    };
}

entries! {
    TODAY "/console/today" "layout-dashboard" nav_today;
    RECONCILIATION "/console/reconciliation" "grid-3x3" nav_reconciliation;
    FINDINGS "/console/findings" "triangle-alert" nav_findings;
    SETTLEMENT "/console/settlement" "calendar-check" nav_settlement;
    STATEMENTS "/console/statements" "receipt-text" nav_statements;
    FUNDS "/console/funds" "wallet" nav_funds;
    POLICIES "/console/policies" "scroll-text" nav_policies;
    DISCLOSURE "/console/disclosure" "megaphone" nav_disclosure;
    EXPORTS "/console/exports" "download" nav_exports;
    CANTEENS "/console/canteens" "store" nav_canteens;
    DRAWS "/console/draws" "dices" nav_draws;
    CHANGES "/console/changes" "history" nav_changes;
    AUDIT "/console/audit" "scroll" nav_audit;
    PEOPLE "/console/people" "users" nav_people;
    TERMINALS "/console/terminals" "monitor-smartphone" nav_terminals;
    ELDERS "/console/elders" "id-card" nav_elders;
    CARDS "/console/cards" "printer" nav_cards;
    IMPORTS "/console/imports" "upload" nav_imports;
    REGIONS "/console/regions" "map-pin" nav_regions;
    BACKUPS "/console/backups" "database-backup" nav_backups;
    PROPOSALS "/console/proposals" "list-checks" nav_proposals;
    OWN "/console/own" "store" nav_own;
}

/// What a role sees, in order. The first is where signing in leads.
pub(crate) const fn entries(role: Role) -> &'static [Entry] {
    match role {
        Role::FinanceMaker | Role::FinanceChecker => &[
            TODAY,
            RECONCILIATION,
            FINDINGS,
            SETTLEMENT,
            STATEMENTS,
            FUNDS,
            REGIONS,
            PROPOSALS,
            POLICIES,
            DISCLOSURE,
            EXPORTS,
        ],
        Role::Auditor => &[
            TODAY,
            RECONCILIATION,
            FINDINGS,
            SETTLEMENT,
            STATEMENTS,
            FUNDS,
            REGIONS,
            CANTEENS,
            DRAWS,
            CHANGES,
            POLICIES,
            AUDIT,
        ],
        Role::PolicyEditor => &[TODAY, POLICIES, PROPOSALS, CANTEENS],
        Role::Administrator => &[TODAY, REGIONS, CANTEENS, PEOPLE, TERMINALS, ELDERS, CARDS, IMPORTS, BACKUPS],
        Role::CardIssuer => &[ELDERS, CARDS, IMPORTS],
        Role::CanteenManager => &[OWN, FINDINGS, STATEMENTS],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_a_page_and_an_icon() {
        let served = crate::http::table();
        for entry in ALL {
            let known = served.iter().any(|route| route.method == "GET" && route.path == entry.path);
            assert!(known, "{} is not served", entry.path);
            let symbol = format!("id=\"i-{}\"", entry.icon);
            assert!(super::super::assets::SPRITE.contains(&symbol), "{} is not in the sprite", entry.icon);
        }
        for role in Role::ALL {
            assert!(!entries(*role).is_empty(), "{role:?} sees nothing");
        }
    }
}
