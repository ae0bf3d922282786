//! A till of the demo: from the scan to the durable record over local HTTP, as a cashier's page does it.

use std::path::Path;

use anyhow::Context as _;
use domain::decision::Mode;
use domain::money::Fen;
use domain::record::Tender;

use super::bare::{Bare, BareRecord};
use super::table::{Row, ms, percentile};
use super::words;
use crate::demo::folder;
use crate::demo::play::{Stage, database};
use crate::demo::till::{Hands, Scanned};
use crate::demo::world::{CANTEENS, date};
use crate::machine::microseconds;

/// So many workdays are served.
const DAYS: usize = 20;
/// A record has about so many bytes.
const BYTES: usize = 1_700;

/// Measures scan and confirmation, and bare rows of the same size on the same disk.
pub async fn measure(root: &Path) -> anyhow::Result<Vec<Row>> {
    let place = root.join("till");
    folder::make(&place)?;
    let stage = Stage::set_up(&place, database(&place)).await?;
    let cards = stage.cards();
    let of_first = |line: &&str| line.split(',').nth(2) == Some(CANTEENS[0].key);
    let cards: Vec<&str> = cards.lines().skip(1).filter(of_first).filter_map(|line| line.split(',').nth(4)).collect();
    let mut hands = Hands::at(&stage.tills[0].url())?;
    let mut took = Vec::new();
    let weekdays = (0..).map(|n| date("2026-03-02").plus_days(n)).filter(|day| day.weekday() < 5);
    for day in weekdays.take(DAYS) {
        stage.clock.set(day.at_minute(11 * 60));
        stage.tills[0].sync().await?;
        hands.sign_in(CANTEENS[0].cashiers[0].name, CANTEENS[0].cashiers[0].pin).await?;
        hands.open_shift(Fen::new(20_000)).await?;
        for card in &cards {
            stage.clock.advance(20_000);
            let begun = microseconds();
            let scanned = hands.serve(card, Mode::DineIn, Tender::Cash).await?;
            took.push(microseconds() - begun);
            anyhow::ensure!(matches!(scanned, Scanned::Sold(_)), "a card was turned away");
        }
        hands.close_shift().await?;
    }
    stage.close().await;
    let bare = Bare::sqlite(&root.join("bare-till.db")).await?;
    bare.table().await?;
    let mut bare_took = Vec::with_capacity(took.len());
    for sequence in 0..took.len() {
        let id = u128::try_from(sequence)?.to_be_bytes().to_vec();
        let row = BareRecord {
            canteen: vec![1; 16],
            terminal: vec![2; 16],
            id,
            sequence: i64::try_from(sequence)?,
            date: "2026-03-02".to_owned(),
            bytes: vec![b'x'; BYTES],
            signature: vec![3; 64],
        };
        bare_took.push(bare.insert(&[row], 1).await?);
    }
    bare.close().await;
    let count = u64::try_from(took.len()).context("a number")?;
    let (median, worst) = (percentile(&mut took, 50), percentile(&mut took, 99));
    let bare_median = percentile(&mut bare_took, 50);
    let mut row = Row::ratio(words::TILL, "sqlite", count, (median, bare_median), (words::TILL_GOAL, u64::MAX));
    row.reached = median <= bare_median + 2_000 && worst < 50_000;
    Ok(vec![row.noted(words::percentiles(&ms(median), &ms(worst)))])
}
