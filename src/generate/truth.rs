//! What the cashiers saw and what is known of the elders, as plain lists: the money can be computed from them once
//! more by other means, without reading any record.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use domain::decision::Mode;
use domain::elder::{Elder, ElderFactKind};

use super::day::CanteenDay;

/// Head of `scans.csv`. `knew`: the till knew of an earlier lunch; `told_at`: what was learned later the till did not
/// know, unix ms.
pub const SCANS: &str = "date,at,canteen,elder,mode,price,charged,voided,knew,forged,told_at\n";
/// Head of `facts.csv`: one line for each thing learned of an elder, `birth` first.
pub const FACTS: &str = "elder,what,from,known,name,level\n";

/// The lists on their way to a folder.
pub struct Lists {
    scans: BufWriter<std::fs::File>,
    facts: BufWriter<std::fs::File>,
}

impl Lists {
    /// Begins the lists in a folder, which is made.
    pub fn begin(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let open = |name: &str| std::fs::File::create(folder.join(name)).map(|f| BufWriter::with_capacity(1 << 20, f));
        let mut lists = Self { scans: open("scans.csv")?, facts: open("facts.csv")? };
        lists.scans.write_all(SCANS.as_bytes())?;
        lists.facts.write_all(FACTS.as_bytes())?;
        Ok(lists)
    }

    /// Writes what was rung up in a canteen on a day. Canteens and elders count from 1.
    pub fn day(&mut self, canteen: usize, day: &CanteenDay) -> io::Result<()> {
        let yes = |yes: bool| if yes { "yes" } else { "no" };
        for visit in &day.visits {
            let mode = match visit.meal.mode {
                Mode::DineIn => "dine_in",
                Mode::Pickup => "pickup",
                Mode::Delivery => "delivery",
            };
            let elder = visit.elder.map_or_else(String::new, |number| (number + 1).to_string());
            let told = visit.diner.as_ref().map_or(0, |diner| diner.roster.get());
            writeln!(
                self.scans,
                "{},{},{},{elder},{mode},{},{},{},{},{},{told}",
                day.date,
                visit.at.get(),
                canteen + 1,
                visit.meal.price.get(),
                visit.decision.to_pay().get(),
                yes(visit.voided),
                yes(visit.knew),
                yes(visit.forged),
            )?;
        }
        Ok(())
    }

    /// Writes what is known of an elder by the end.
    pub fn elder(&mut self, number: usize, elder: &Elder) -> io::Result<()> {
        let number = number + 1;
        writeln!(self.facts, "{number},birth,{},0,,", elder.birth)?;
        for fact in &elder.facts {
            let (what, name, level) = match &fact.kind {
                ElderFactKind::Hukou { region } => ("hukou", region.to_string(), None),
                ElderFactKind::Residence { .. } => continue,
                ElderFactKind::Category { name, level, held: true } => ("holds", name.clone(), *level),
                ElderFactKind::Category { name, .. } => ("ends", name.clone(), None),
                ElderFactKind::Death { .. } => ("dies", String::new(), None),
            };
            let level = level.map_or_else(String::new, |level| level.to_string());
            writeln!(self.facts, "{number},{what},{},{},{name},{level}", fact.valid_from, fact.known_from.get())?;
        }
        Ok(())
    }

    /// Writes what is still on its way.
    pub fn finish(mut self) -> io::Result<()> {
        self.scans.flush()?;
        self.facts.flush()
    }
}
