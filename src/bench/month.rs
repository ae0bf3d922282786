//! A month of days: closed, drafted, counted again, at growing numbers of meals, with the memory each takes.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::calendar::Clock;
use domain::id::UserId;
use domain::settlement::Role;
use server::month::Actor;
use server::store::people;
use server::{Database, Office};

use super::bare::Bare;
use super::table::Row;
use super::{memory, words};
use crate::generate::office::STAFF;
use crate::generate::places;
use crate::generate::play::{City, Wanted};
use crate::generate::rates::Rates;
use crate::machine::microseconds;

/// Meals of one elder in the month, about.
const MEALS_AN_ELDER: usize = 17;
/// Elders of one canteen.
const ELDERS_A_CANTEEN: usize = 300;

/// What was measured at one size.
#[derive(Clone, Copy, Debug)]
pub struct Sized {
    /// Meals rung up.
    pub meals: u64,
    /// Closing, drafting, counting again: microseconds.
    pub took: [u64; 3],
    /// The most memory in each, KiB.
    pub peak: [u64; 3],
}

/// A city of about so many meals in a month.
#[must_use]
pub fn wanted(meals: usize) -> Wanted {
    let elders = (meals / MEALS_AN_ELDER).max(1);
    Wanted {
        elders,
        canteens: (elders / ELDERS_A_CANTEEN).max(1),
        months: 1,
        from: domain::calendar::Month::new(2026, 1).unwrap_or_else(|| unreachable!("a month")),
        seed: 1,
        rates: Rates::USUAL,
        truth: None,
    }
}

async fn maker(office: &Office) -> anyhow::Result<UserId> {
    let staff = STAFF.iter().find(|s| s.role == server::people::Role::FinanceMaker).context("a maker")?;
    let found = office.store.read(move |tx| Box::pin(async move { people::by_name(tx, staff.name).await })).await?;
    Ok(found.context("the office's people are set up")?.id)
}

/// Drafts the city's first month; days that wait are closed first.
pub async fn draft(city: &City) -> anyhow::Result<()> {
    let office = city.server.office();
    let actor = Actor { user: maker(office).await?, role: Role::FinanceMaker };
    let (region, month) = (places::region(places::REGION), city.months().first().copied().context("a month")?);
    server::month::draft(&office.store, &office.book(), &office.entropy, &region, month, actor, office.now()).await?;
    Ok(())
}

/// What the bare queries read. The second has an index that covers it.
const RECORDS: &str = "SELECT bytes, hash, signature, id, terminal, sequence FROM records WHERE kind = 'meal'";
const SUMS: &str = "SELECT canteen, date, policy, COUNT(*), CAST(SUM(sequence) AS BIGINT) FROM elder_meals \
    GROUP BY canteen, date, policy";
const COVERING: &str = "CREATE INDEX bench_covering ON elder_meals (canteen, date, policy, sequence)";

/// Measures one size on one database.
pub async fn measure(
    meals: usize,
    database: Database,
    keys: PathBuf,
    name: &'static str,
    watch: Arc<dyn Clock>,
) -> anyhow::Result<(Vec<Row>, Sized)> {
    let mut city = City::found(wanted(meals), database.clone(), keys, "http://127.0.0.1", watch).await?;
    let generated = city.pass().await?;
    let office = Arc::clone(city.server.office());
    let bare = match &database {
        Database::Sqlite(file) => Bare::sqlite(file).await?,
        Database::Postgres(url) => Bare::postgres(url).await?,
    };
    let (read, reading) = bare.read_out(RECORDS).await?;
    ensure!(read == generated.meals, "{read} of {} meals were read", generated.meals);
    let (mut took, mut peak) = ([0; 3], [0; 3]);
    let mut timed = |step: usize, begun: u64| {
        took[step] = microseconds() - begun;
        peak[step] = memory::peak_kib().unwrap_or(0);
        memory::reset();
    };
    memory::reset();
    let begun = microseconds();
    server::close::close_days(&office.store, &office.book(), office.now()).await?;
    timed(0, begun);
    let begun = microseconds();
    draft(&city).await?;
    timed(1, begun);
    let begun = microseconds();
    let report = server::verify::verify(&office.store, &office.book(), &|_| ()).await?;
    timed(2, begun);
    ensure!(report.breaks.is_empty(), "{:?}", report.breaks.first());
    office.store.close().await;
    bare.run(COVERING).await?;
    let grouping = bare.ask(SUMS).await?;
    bare.close().await;
    let memory = |step: usize| words::peak(peak[step]);
    let rows = vec![
        Row::ratio(words::CLOSING, name, read, (took[0], reading), (words::ONE_AND_A_HALF, 1_500)).noted(memory(0)),
        Row::ratio(words::DRAFTING, name, read, (took[1], grouping), (words::ONCE, 1_000)).noted(memory(1)),
        Row::ratio(words::RECOUNTING, name, read, (took[2], grouping), (words::THRICE, 3_000)).noted(memory(2)),
    ];
    Ok((rows, Sized { meals: read, took, peak }))
}

/// How time and memory grew from the size before: ten times the meals may take eleven times the time.
#[must_use]
pub fn growth(name: &'static str, smaller: &Sized, larger: &Sized) -> Vec<Row> {
    let works = [words::CLOSING, words::DRAFTING, words::RECOUNTING];
    let rows = works.into_iter().enumerate().map(|(step, work)| {
        // Time a meal, larger against smaller.
        let scaled = smaller.took[step].saturating_mul(larger.meals) / smaller.meals.max(1);
        let goal = (words::LINEAR, 1_100);
        let memory = words::grew(smaller.peak[step], larger.peak[step]);
        Row::ratio(&words::growth(work), name, larger.meals, (larger.took[step], scaled), goal).noted(memory)
    });
    rows.collect()
}
