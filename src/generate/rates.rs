//! How often things go wrong, each of a hundred thousand.

/// Rates of a hundred thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Meals: a second lunch the same day in another canteen.
    pub second_lunch: u32,
    /// Meals: rung up wrongly and taken back; every other one is rung up again.
    pub void: u32,
    /// Meals: charged by a till that does not follow the rules (the record is disputed).
    pub forged: u32,
    /// Elders and months: a death that the office learns days later, while the card is still used.
    pub late_death: u32,
    /// Elders and months: a category that began or ended days before the office learns it.
    pub late_category: u32,
    /// Canteen-days: a line that breaks, for one to four days.
    pub offline: u32,
    /// Shifts: a Z report that does not count its shift.
    pub wrong_z: u32,
    /// Uploads: bytes damaged on the way, sent again whole.
    pub damaged: u32,
}

impl Rates {
    /// What a year in a city may look like.
    pub const USUAL: Self = Self {
        second_lunch: 40,
        void: 300,
        forged: 2,
        late_death: 60,
        late_category: 150,
        offline: 1_500,
        wrong_z: 40,
        damaged: 50,
    };

    /// These rates, at so many per cent.
    #[must_use]
    pub const fn at_percent(self, percent: u32) -> Self {
        const fn part(rate: u32, percent: u32) -> u32 {
            rate * percent / 100
        }
        Self {
            second_lunch: part(self.second_lunch, percent),
            void: part(self.void, percent),
            forged: part(self.forged, percent),
            late_death: part(self.late_death, percent),
            late_category: part(self.late_category, percent),
            offline: part(self.offline, percent),
            wrong_z: part(self.wrong_z, percent),
            damaged: part(self.damaged, percent),
        }
    }
}

/// Whether a thing of that rate happens now.
pub fn happens(chance: &mut crate::demo::chance::Chance, of_hundred_thousand: u32) -> bool {
    u32::try_from(chance.bits() % 100_000).unwrap_or(u32::MAX) < of_hundred_thousand
}
