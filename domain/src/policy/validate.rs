//! The checks between benefits and between gates.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::gate::{Effect, Gate, QUALITY_GRADES, RISK_LEVELS};
use super::parse_benefit::Outline;
use super::refusal::Code;
use crate::canteen::{Filing, Licence, Standing};
use crate::decision::Kind;
use crate::document::Section;
use crate::money::Rate;

/// Cuts the benefits into slots: a group, or a benefit without one. Refuses ids that stand twice and groups whose
/// members are apart or of different kinds.
pub(super) fn slots(outlines: &[Outline<'_>]) -> Vec<Range<usize>> {
    let mut ids = BTreeSet::new();
    let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
    let mut slots: Vec<Range<usize>> = Vec::new();
    for (index, outline) in outlines.iter().enumerate() {
        if let Some((id, field)) = &outline.id
            && !ids.insert(*id)
        {
            field.refuse(Code::IdTwice, "");
        }
        let group = outline.group.as_ref().map(|(name, _)| *name);
        let before = index.checked_sub(1).and_then(|i| outlines[i].group.as_ref()).map(|(name, _)| *name);
        match slots.last_mut() {
            Some(slot) if group.is_some() && group == before => slot.end = index + 1,
            _ => slots.push(index..index + 1),
        }
        if let Some((name, field)) = &outline.group {
            let apart = kinds.contains_key(name) && group != before;
            if apart {
                field.refuse(Code::GroupSplit, "");
            }
            if let Some((kind, field)) = &outline.kind
                && *kinds.entry(name).or_insert(*kind) != *kind
            {
                field.refuse(Code::GroupKinds, "");
            }
        }
    }
    slots
}

/// For each benefit the indexes of the benefits in slots above that its `requires` names, by their own id or their
/// group's. Refuses a name that is neither.
pub(super) fn required(outlines: &[Outline<'_>], slots: &[Range<usize>]) -> Vec<Vec<usize>> {
    let mut required = vec![Vec::new(); outlines.len()];
    for slot in slots {
        for index in slot.clone() {
            for (name, field) in &outlines[index].requires {
                let is_it = |o: &Outline<'_>| {
                    let is = |part: &Option<(&str, _)>| part.as_ref().is_some_and(|(n, _)| n == name);
                    is(&o.id) || is(&o.group)
                };
                let above: Vec<usize> = (0..slot.start).filter(|i| is_it(&outlines[*i])).collect();
                if above.is_empty() {
                    let names: Vec<&str> = outlines[..slot.start]
                        .iter()
                        .flat_map(|o| [&o.id, &o.group])
                        .flatten()
                        .map(|(name, _)| *name)
                        .collect();
                    field.refuse(Code::RequiresUnknown, &names.join(" | "));
                }
                required[index].extend(above);
            }
        }
    }
    required
}

/// Refuses reductions that can take more than everything of one kind: for every standing and every day on which a
/// gate begins, the gates that act there are added. The last of them in the file is refused.
pub(super) fn reductions(sections: &[Section<'_>], gates: &[Gate]) {
    for kind in [Kind::Diner, Kind::Concession, Kind::Operator, Kind::Delivery] {
        let points = |gate: &Gate| match gate.effect {
            Effect::Reduce(rate) if gate.kinds.contains(&kind) => rate.basis_points(),
            Effect::Reduce(_) | Effect::NoSubsidy | Effect::Hold => 0,
        };
        if gates.iter().map(points).sum::<u32>() <= Rate::WHOLE.basis_points() {
            continue;
        }
        let over = standings().iter().find_map(|standing| {
            let acting = |(_, gate): &(usize, &Gate)| points(gate) > 0 && gate.when.matches(standing);
            let acting: Vec<(usize, &Gate)> = gates.iter().enumerate().filter(acting).collect();
            acting.iter().find_map(|(_, first)| over_the_whole(&acting, first, points))
        });
        if let Some(section) = over.and_then(|index| sections.get(index)) {
            section.refuse(Code::GatesOver100, "≤ 100");
            return;
        }
    }
}

/// The last of the gates that act on the day on which `first` begins, if together they take more than everything.
fn over_the_whole(acting: &[(usize, &Gate)], first: &Gate, points: impl Fn(&Gate) -> u32) -> Option<usize> {
    // No `from` sorts before every date: it is the beginning of time.
    let then = |gate: &Gate| gate.from <= first.from && gate.until.is_none_or(|until| Some(until) >= first.from);
    let together: Vec<&(usize, &Gate)> = acting.iter().filter(|(_, gate)| then(gate)).collect();
    let sum: u32 = together.iter().map(|(_, gate)| points(gate)).sum();
    (sum > Rate::WHOLE.basis_points()).then(|| together.last().map(|(index, _)| *index)).flatten()
}

/// Every standing a canteen can have, as far as gates can tell them apart.
fn standings() -> Vec<Standing> {
    let mut all = Vec::new();
    for (quality, risk) in QUALITY_GRADES.iter().flat_map(|q| RISK_LEVELS.iter().map(move |r| (q, r))) {
        for licence in [Licence::Valid, Licence::Expired, Licence::Revoked] {
            for filing in [Filing::Active, Filing::Inactive] {
                for sunshine_kitchen in [None, Some(false), Some(true)] {
                    for stars in [None, Some(1), Some(2), Some(3), Some(4), Some(5)] {
                        all.push(Standing {
                            quality_grade: (*quality).to_owned(),
                            risk_level: (*risk).to_owned(),
                            licence,
                            filing,
                            sunshine_kitchen,
                            stars,
                        });
                    }
                }
            }
        }
    }
    all
}
