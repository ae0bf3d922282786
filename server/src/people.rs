//! Who may do what at the office. A person has one role in one place.

use domain::region::RegionCode;

use crate::store::people::UserRow;
use crate::store::{At, Column, Row};
use crate::words::Code;
use crate::{Error, words};

macro_rules! roles {
    ($($(#[$doc:meta])* $role:ident $name:literal [$($right:ident)*];)*) => {
        /// What a person is at the office.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role {
            $($(#[$doc])* $role,)*
        }

        impl Role {
            /// All roles.
            pub const ALL: &'static [Self] = &[$(Self::$role),*];

            /// The name on the wire and in the database.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$role => $name,)* }
            }

            /// What the role may do.
            #[must_use]
            pub const fn rights(self) -> &'static [Right] {
                match self { $(Self::$role => &[$(Right::$right),*],)* }
            }
        }
    };
}

/// Something that not everybody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// See canteens, days, findings and statements.
    Read,
    /// See elders.
    ReadElders,
    /// Add regions, canteens, their facts and cashiers.
    ManageCanteens,
    /// Give out enrolment codes and revoke terminals.
    ManageTerminals,
    /// Add people.
    ManagePeople,
    /// Register elders, add facts of them, issue cards.
    ManageElders,
    /// Propose policies, approve those of others, publish calendars.
    AnnouncePolicies,
    /// Propose list prices.
    ApprovePrices,
    /// Decide findings, draft and submit a month.
    MakeMonth,
    /// Approve a month or send it back.
    CheckMonth,
    /// Read the audit log.
    ReadAudit,
    /// Draw inspections and write down what they found.
    Inspect,
}

roles! {
    /// Runs one canteen.
    CanteenManager "canteen_manager" [Read];
    /// Registers elders and issues cards.
    CardIssuer "card_issuer" [ReadElders ManageElders];
    /// Writes the rules.
    PolicyEditor "policy_editor" [Read AnnouncePolicies];
    /// Prepares the money.
    FinanceMaker "finance_maker" [Read ReadElders ApprovePrices MakeMonth];
    /// Approves the money.
    FinanceChecker "finance_checker" [Read ReadElders CheckMonth];
    /// Reads all, changes nothing but its own inspections.
    Auditor "auditor" [Read ReadElders ReadAudit Inspect];
    /// Keeps the system; no money.
    Administrator "administrator" [Read ReadElders ManageCanteens ManageTerminals ManagePeople ManageElders];
}

impl Role {
    /// Whether letting somebody into this role takes two administrators: who decides money or its rules, and who lets
    /// people in. Else one could sit in both seats of the money.
    #[must_use]
    pub const fn takes_two(self) -> bool {
        matches!(self, Self::PolicyEditor | Self::FinanceMaker | Self::FinanceChecker | Self::Administrator)
    }
}

impl std::str::FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|r| r.name() == text).ok_or_else(|| format!("not a role: {text:?}"))
    }
}

impl Column for Role {
    fn read(row: &Row<'_>, at: At<'_>) -> Result<Self, Error> {
        String::read(row, at)?.parse().map_err(Error::Corrupt)
    }
}

impl serde::Serialize for Role {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for Role {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Role {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let names = Self::ALL.iter().map(|role| role.name());
        let role = utoipa::openapi::schema::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String);
        let role = role.enum_values(Some(names)).description(Some("What a person is at the office."));
        utoipa::openapi::schema::Schema::Object(role.build()).into()
    }
}

impl utoipa::ToSchema for Role {
    fn name() -> std::borrow::Cow<'static, str> {
        std::borrow::Cow::Borrowed("Role")
    }
}

impl UserRow {
    /// Refuses what the person's role may not do.
    pub fn require(&self, right: Right) -> Result<(), Error> {
        if self.role.rights().contains(&right) {
            return Ok(());
        }
        Err(Error::refused(Code::Forbidden, words::no_right(self.role)))
    }

    /// Refuses what lies outside the person's region.
    pub fn require_inside(&self, region: &RegionCode) -> Result<(), Error> {
        if self.canteen.is_none() && self.region.contains(region) {
            return Ok(());
        }
        Err(Error::refused(Code::OutOfScope, words::OUT_OF_SCOPE))
    }

    /// Refuses a canteen that is neither the person's own nor, for the office, inside the region.
    pub fn require_canteen(&self, canteen: domain::id::CanteenId, region: &RegionCode) -> Result<(), Error> {
        match self.canteen {
            Some(own) if own == canteen => Ok(()),
            Some(_) => Err(Error::refused(Code::OutOfScope, words::OUT_OF_SCOPE)),
            None => self.require_inside(region),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_nobody_both_makes_and_checks() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(*role));
            let rights = role.rights();
            assert!(!(rights.contains(&Right::MakeMonth) && rights.contains(&Right::CheckMonth)), "{role:?}");
        }
        let admin = Role::Administrator.rights();
        let money = [Right::MakeMonth, Right::CheckMonth, Right::ApprovePrices];
        assert!(money.iter().all(|right| !admin.contains(right)));
    }
}
