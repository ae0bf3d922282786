//! Rules gathered from the cells of a page and joined: the frames of a table share their edges, and a line is written
//! once instead of once a cell.

use std::cmp::Ordering;

/// A straight rule along one axis. All numbers are points from the lower left corner, rounded already.
#[derive(Debug, Clone, Copy)]
struct Rule {
    thickness: f32,
    is_upright: bool,
    /// Its place on the other axis.
    at: f32,
    from: f32,
    to: f32,
}

/// The rules of a page.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

/// A joined rule with its two ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Joined {
    pub(super) thickness: f32,
    pub(super) ends: [(f32, f32); 2],
}

impl Rules {
    pub(super) fn level(&mut self, thickness: f32, y: f32, (from, to): (f32, f32)) {
        self.0.push(Rule { thickness, is_upright: false, at: y, from: from.min(to), to: from.max(to) });
    }

    pub(super) fn upright(&mut self, thickness: f32, x: f32, (from, to): (f32, f32)) {
        self.0.push(Rule { thickness, is_upright: true, at: x, from: from.min(to), to: from.max(to) });
    }

    /// The fewest rules that draw the same, by thickness and place.
    pub(super) fn joined(mut self) -> Vec<Joined> {
        self.0.sort_by(|a, b| order(a, b).then(a.from.total_cmp(&b.from)));
        self.0.chunk_by(|a, b| order(a, b).is_eq()).flat_map(join).collect()
    }
}

fn order(a: &Rule, b: &Rule) -> Ordering {
    a.thickness.total_cmp(&b.thickness).then(a.is_upright.cmp(&b.is_upright)).then(a.at.total_cmp(&b.at))
}

/// Rules of one line, from its lower end on.
fn join(line: &[Rule]) -> Vec<Joined> {
    let mut joined: Vec<Rule> = Vec::new();
    for rule in line {
        match joined.last_mut().filter(|last| rule.from <= last.to) {
            Some(last) => last.to = last.to.max(rule.to),
            None => joined.push(*rule),
        }
    }
    joined.iter().map(Rule::ends).collect()
}

impl Rule {
    fn ends(&self) -> Joined {
        let at = |along| if self.is_upright { (self.at, along) } else { (along, self.at) };
        Joined { thickness: self.thickness, ends: [at(self.from), at(self.to)] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_of_neighbours_become_one_rule() {
        let mut rules = Rules::default();
        for (left, right) in [(20.0, 30.0), (0.0, 10.0), (10.0, 20.0), (40.0, 50.0)] {
            rules.level(0.5, 7.0, (left, right));
        }
        rules.upright(0.5, 7.0, (0.0, 5.0));
        rules.level(1.0, 7.0, (0.0, 50.0));
        let expected = [
            (0.5, [(0.0, 7.0), (30.0, 7.0)]),
            (0.5, [(40.0, 7.0), (50.0, 7.0)]),
            (0.5, [(7.0, 0.0), (7.0, 5.0)]),
            (1.0, [(0.0, 7.0), (50.0, 7.0)]),
        ];
        assert_eq!(rules.joined(), expected.map(|(thickness, ends)| Joined { thickness, ends }));
    }

    #[test]
    fn a_rule_inside_another_adds_nothing() {
        let mut rules = Rules::default();
        rules.upright(0.5, 1.0, (9.0, 0.0));
        rules.upright(0.5, 1.0, (2.0, 3.0));
        rules.upright(0.5, 1.0, (5.0, 6.0));
        assert_eq!(rules.joined(), [Joined { thickness: 0.5, ends: [(1.0, 0.0), (1.0, 9.0)] }]);
    }
}
