//! The list of what was rung up, as the cashiers saw it: `scans.csv`.
//!
//! It is written from what the tills showed, not from any record, so that the month can be computed from it once more
//! by other means.

use domain::decision::Mode;
use domain::money::Fen;
use domain::record::{Credential, Tender};

use super::plan::Sale;
use super::till::Scanned;
use super::world::CANTEENS;

/// The list's head.
pub const HEAD: &str = "date,time,canteen,elder,credential,period,mode,tender,list_price,charged,voided,sold\n";

/// One row: a sale of the plan and what the till said of it.
#[must_use]
pub fn row(sale: &Sale, scanned: &Scanned) -> String {
    let (price, charged, sold) = match scanned {
        Scanned::Sold(sold) => (sold.price, sold.to_pay, true),
        Scanned::Duplicate { price } => (*price, Fen::ZERO, false),
    };
    let elder = sale.elder.map_or_else(|| "guest".to_owned(), |place| (place + 1).to_string());
    let credential = match sale.credential {
        _ if sale.elder.is_none() => "",
        Credential::Card => "card",
        Credential::Chip => "chip",
        Credential::ResidentId => "resident_id",
        Credential::Manual => "manual",
    };
    let mode = match sale.mode {
        Mode::DineIn => "dine_in",
        Mode::Pickup => "pickup",
        Mode::Delivery => "delivery",
    };
    let tender = match sale.tender {
        _ if charged.is_zero() => "free",
        Tender::Cash => "cash",
        Tender::QrPayment => "qr_payment",
        Tender::Free => "free",
    };
    let yes = |yes| if yes { "yes" } else { "no" };
    format!(
        "{},{},{},{elder},{credential},{},{mode},{tender},{price},{charged},{},{}\n",
        sale.day,
        sale.at.local_clock(),
        CANTEENS[sale.canteen].key,
        sale.period,
        yes(sale.voided.is_some()),
        yes(sold),
    )
}

#[cfg(test)]
mod tests {
    use super::super::plan::Plan;
    use super::super::till::Sold;
    use super::*;

    #[test]
    fn a_row_has_a_cell_for_each_head() {
        let sold = Sold { record: String::new(), price: Fen::new(1_800), to_pay: Fen::new(1_300) };
        let row = row(&Plan::new().sales[0], &Scanned::Sold(sold));
        assert_eq!(row.split(',').count(), HEAD.split(',').count());
        assert!(row.contains(",18.00,13.00,no,yes\n"), "{row}");
    }
}
