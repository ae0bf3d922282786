//! All papers of a month, into a folder: a statement and a disclosure list a canteen, the region's summary, and the
//! disclosure lists together as workbook and CSV. One canteen's papers are in memory at a time.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use domain::calendar::Month;
use domain::region::RegionCode;
use server::Office;
use server::statements::{Dossier, disclosure, disclosures, summary};
use server::store::months;

/// Writes them; answers how many. `progress` is told which.
pub async fn write(
    office: &Arc<Office>,
    region: &RegionCode,
    month: Month,
    folder: &Path,
    progress: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<usize> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let (now, of) = (office.now(), region.clone());
    let url: Arc<str> = office.public_url.as_str().into();
    let to = Arc::clone(&url);
    let sheet = office.store.read(move |tx| Box::pin(async move { summary(tx, &of, month, &to, now).await })).await?;
    let bytes = receipts::statement::summary::render(&sheet, &office.fonts)?;
    std::fs::write(folder.join(format!("{}-v{}.pdf", sheet.number, sheet.version)), bytes)?;
    let of = region.clone();
    let found = office.store.read(move |tx| {
        Box::pin(async move {
            let Some(settlement) = months::settlement(tx, &of, month).await? else { return Ok(Vec::new()) };
            Ok(months::statements(tx, &settlement).await?.into_iter().map(|s| (s.id, s.number)).collect())
        })
    });
    let mut written = 1;
    for (id, number) in found.await? {
        progress(&number);
        let (kept, to) = (Arc::clone(office), Arc::clone(&url));
        let load = office.store.read(move |tx| {
            Box::pin(async move {
                let dossier = Dossier::load(tx, id, kept.book(), &kept.keys).await?;
                let list = disclosure(tx, id, &to, now).await?;
                Ok((dossier.sheet(&to, now), list, dossier.file_name()))
            })
        });
        let (sheet, list, name) = load.await?;
        let paper = receipts::statement::render(&sheet, &office.fonts)?;
        std::fs::write(folder.join(format!("{name}.pdf")), paper)?;
        let paper = receipts::statement::disclosure::render(&list, &office.fonts)?;
        std::fs::write(folder.join(format!("{name}-disclosure.pdf")), paper)?;
        written += 2;
    }
    let of = region.clone();
    let lists = office.store.read(move |tx| Box::pin(async move { disclosures(tx, &of, month, &url, now).await }));
    let lists = lists.await?;
    let name = format!("disclosure-{region}-{month}");
    std::fs::write(folder.join(format!("{name}.xlsx")), receipts::workbook::disclosure(&lists)?)?;
    std::fs::write(folder.join(format!("{name}.csv")), receipts::statement::disclosure::csv(&lists)?)?;
    Ok(written + 2)
}
