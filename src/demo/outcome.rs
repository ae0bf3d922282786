//! What the demo came to: the statements as the office serves them, and the papers written to the folder.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::settlement::Statement;
use serde_json::Value;

use super::http::text;
use super::people::Desk;
use super::play::Stage;
use super::world::{CANTEENS, MAKER, PROGRAMMES};

/// A canteen's statement for a month.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The month.
    pub month: &'static str,
    /// `approved` or `drafted`.
    pub state: String,
    /// Place of the canteen.
    pub canteen: usize,
    /// The statement's id at the office.
    pub id: String,
    /// The statement's number.
    pub number: String,
    /// The content.
    pub statement: Statement,
}

/// Both months' statements, by month and canteen.
pub async fn collect(stage: &Stage, months: &[&'static str]) -> anyhow::Result<Vec<Settled>> {
    let maker = stage.desk(MAKER).await?;
    let mut all = Vec::new();
    for month in months {
        for programme in PROGRAMMES {
            let answer = maker.month(programme.region, month).await?;
            let standing = text(&answer, "/state")?;
            for head in answer.pointer("/statements").and_then(Value::as_array).context("no statements")? {
                all.push(settled(stage, &maker, (month, standing), head).await?);
            }
        }
    }
    all.sort_by_key(|s| (s.month, s.canteen));
    Ok(all)
}

async fn settled(
    stage: &Stage,
    maker: &Desk,
    (month, standing): (&'static str, &str),
    head: &Value,
) -> anyhow::Result<Settled> {
    let (id, canteen) = (text(head, "/id")?, text(head, "/canteen")?);
    let content = maker.caller().get(&format!("/api/v1/statements/{id}")).await?;
    Ok(Settled {
        month,
        state: standing.to_owned(),
        canteen: stage.canteens.iter().position(|c| c == canteen).context("a statement of no canteen")?,
        id: id.to_owned(),
        number: text(head, "/number")?.to_owned(),
        statement: serde_json::from_value(content).context("a statement")?,
    })
}

/// Where a statement's paper lies, without its ending.
#[must_use]
pub fn paper(folder: &Path, settled: &Settled) -> PathBuf {
    folder.join("statements").join(settled.month).join(CANTEENS[settled.canteen].key)
}

/// Writes PDF, workbook and disclosure list of every statement, and of each approved month the bank's batch, the
/// region's summary and the lists together.
pub async fn write_papers(stage: &Stage, folder: &Path, all: &[Settled]) -> anyhow::Result<()> {
    let maker = stage.desk(MAKER).await?;
    for settled in all {
        let stem = paper(folder, settled);
        std::fs::create_dir_all(stem.parent().unwrap_or(folder))?;
        for ending in ["pdf", "xlsx", "disclosure.pdf"] {
            let bytes = maker.caller().bytes(&format!("/api/v1/statements/{}/{ending}", settled.id)).await?;
            std::fs::write(stem.with_extension(ending), bytes)?;
        }
    }
    for (month, programme) in all
        .iter()
        .filter(|s| s.state == "approved")
        .map(|s| (s.month, CANTEENS[s.canteen].programme()))
        .collect::<std::collections::BTreeSet<_>>()
    {
        let of = folder.join("statements").join(month);
        let region = programme.region;
        for (resource, name) in [
            ("bank.csv", format!("bank-{region}.csv")),
            ("summary.pdf", format!("summary-{region}.pdf")),
            ("disclosure.xlsx", format!("disclosure-{region}.xlsx")),
            ("disclosure.csv", format!("disclosure-{region}.csv")),
        ] {
            let bytes = maker.caller().bytes(&format!("/api/v1/months/{region}/{month}/{resource}")).await?;
            std::fs::write(of.join(name), bytes)?;
        }
    }
    Ok(())
}
