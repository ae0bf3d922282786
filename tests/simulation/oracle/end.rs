//! The end of a seed: everything that was ever sold has its place, once.

use std::collections::BTreeSet;

use domain::record::Body;
use server::{Server, sql};

use super::hold;
use super::money::Books;
use crate::model::Model;
use crate::till::Till;

/// Every sale that a till said is made, and every record of every journal, against what the office holds.
pub(crate) async fn all_is_there(server: &Server, books: &Books, model: &Model, tills: &[Till]) -> anyhow::Result<()> {
    let quarantined: BTreeSet<String> = quarantined(server).await?;
    for sale in &model.sales {
        let stored: Vec<_> = books.records.iter().filter(|(r, ..)| r.id.to_string() == sale.record).collect();
        let Some((record, ..)) = stored.first() else {
            let kept = quarantined.contains(&sale.record);
            hold!(
                kept || sale.set_back,
                "6 sold = accepted + disputed + rejected + quarantined",
                "{sale:?} is nowhere"
            );
            hold!(
                !kept || model.copied || (model.forked && !sale.heard),
                "8 a fork is noticed: no place is taken twice",
                "{sale:?} is in quarantine"
            );
            continue;
        };
        hold!(stored.len() == 1, "11 each record once", "{sale:?} is there {} times", stored.len());
        let Body::Meal(meal) = &record.body else { anyhow::bail!("{sale:?} is no meal") };
        let (price, to_pay) = (meal.decision.price.get(), meal.decision.to_pay().get());
        hold!(
            (price, to_pay) == (sale.price, sale.to_pay),
            "9 what was shown is what is stored",
            "{sale:?}: {price} {to_pay}"
        );
        let voided = books.is_voided(record);
        hold!(
            voided == sale.voided || model.forked,
            "9 a reversal that was shown is stored",
            "{sale:?}: voided {voided}"
        );
    }
    let ids: BTreeSet<_> = books.records.iter().map(|(record, ..)| record.id).collect();
    for till in tills.iter().filter(|till| till.is_running()) {
        let missing =
            till.watched.acknowledged().find(|r| !ids.contains(&r.id) && !quarantined.contains(&r.id.to_string()));
        hold!(missing.is_none(), "6 acknowledged is held", "till {}: {missing:?}", till.number);
    }
    Ok(())
}

async fn quarantined(server: &Server) -> anyhow::Result<BTreeSet<String>> {
    let rows: Vec<(domain::id::RecordId,)> = server
        .office()
        .store
        .read(|tx| {
            Box::pin(async move { sql!(tx, "SELECT record FROM quarantine WHERE record IS NOT NULL").all().await })
        })
        .await?;
    Ok(rows.into_iter().map(|(id,)| id.to_string()).collect())
}
