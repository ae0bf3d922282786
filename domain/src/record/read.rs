//! Reading what happened from a record's text.
//!
//! In the one encoding the kind comes first, so each kind's fields are read straight into their type. What serde derives
//! for a tagged enum looks for the tag in any place: it takes the whole text apart into a tree and reads the type from
//! that, at twice the cost of everything else that is done to read a record.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Body, Head};
use crate::calendar::BusinessDate;
use crate::id::{CashierId, RecordId};
use crate::money::Fen;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Start,
    Day,
    ShiftOpen,
    Meal,
    Void,
    Refund,
    Training,
    Cash,
    ShiftClose,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tag {
    Kind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    previous: Option<Head>,
    software: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Day {
    through: BusinessDate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftOpen {
    float: Fen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Void {
    meal: RecordId,
    reason: String,
    #[serde(default)]
    approved_by: Option<CashierId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cash {
    amount: Fen,
    note: String,
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Body;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("what happened, its kind first")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
        let Some(Tag::Kind) = map.next_key()? else { return Err(A::Error::missing_field("kind")) };
        let kind: Kind = map.next_value()?;
        let rest = MapAccessDeserializer::new(map);
        Ok(match kind {
            Kind::Start => {
                let Start { previous, software } = Start::deserialize(rest)?;
                Body::Start { previous, software }
            }
            Kind::Day => Body::Day { through: Day::deserialize(rest)?.through },
            Kind::ShiftOpen => Body::ShiftOpen { float: ShiftOpen::deserialize(rest)?.float },
            Kind::Meal => Body::Meal(Box::deserialize(rest)?),
            Kind::Void => {
                let Void { meal, reason, approved_by } = Void::deserialize(rest)?;
                Body::Void { meal, reason, approved_by }
            }
            Kind::Refund => Body::Refund(Deserialize::deserialize(rest)?),
            Kind::Training => Body::Training(Box::deserialize(rest)?),
            Kind::Cash => {
                let Cash { amount, note } = Cash::deserialize(rest)?;
                Body::Cash { amount, note }
            }
            Kind::ShiftClose => Body::ShiftClose(Box::deserialize(rest)?),
        })
    }
}
