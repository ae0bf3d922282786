//! A cashier of the demo: does at the till's own HTTP API what a cashier does on its page.

use anyhow::{Context as _, bail};
use domain::decision::Mode;
use domain::money::Fen;
use domain::record::Tender;
use serde_json::{Value, json};

use super::http::{Caller, number, text};

/// What the till said of a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// The record.
    pub record: String,
    /// List price.
    pub price: Fen,
    /// What was asked for.
    pub to_pay: Fen,
}

/// What became of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// Sold.
    Sold(Sold),
    /// The elder has eaten already: the till asked, nothing was sold.
    Duplicate {
        /// List price.
        price: Fen,
    },
}

/// Hands at one till. Knows what ought to be in the drawer, as a cashier who counts right would.
#[derive(Debug)]
pub struct Hands {
    till: Caller,
    drawer: Fen,
}

/// The wire name of a value that has one.
fn name(value: impl serde::Serialize) -> anyhow::Result<String> {
    let json = serde_json::to_value(value)?;
    Ok(json.as_str().context("a name on the wire is a text")?.to_owned())
}

impl Hands {
    /// Hands at the till with that address.
    pub fn at(base: &str) -> anyhow::Result<Self> {
        Ok(Self { till: Caller::new(base)?, drawer: Fen::ZERO })
    }

    /// The till's own state.
    pub async fn state(&self) -> anyhow::Result<Value> {
        self.till.get("/api/state").await
    }

    /// Signs in by full name and PIN.
    pub async fn sign_in(&self, cashier: &str, pin: &str) -> anyhow::Result<()> {
        let state = self.state().await?;
        let cashiers = state.pointer("/cashiers").and_then(Value::as_array).context("no cashiers")?;
        let known = cashiers.iter().find(|c| c["name"] == cashier);
        let id = text(known.with_context(|| format!("{cashier} is not known at this till"))?, "/id")?;
        self.till.post("/api/sign-in", &json!({ "cashier": id, "pin": pin })).await?;
        Ok(())
    }

    /// Opens a shift with cash in the drawer; confirms the date where the till could not ask the office.
    pub async fn open_shift(&mut self, float: Fen) -> anyhow::Result<()> {
        let state = self.state().await?;
        let mut body = json!({ "float": float.get() });
        if text(&state, "/clock/source")? != "server" {
            body["confirmed_date"] = json!(text(&state, "/clock/date")?);
        }
        self.till.post("/api/shift/open", &body).await?;
        self.drawer = float;
        Ok(())
    }

    /// Presses the key of the mode; eating here needs none, every sale begins with it.
    async fn choose(&self, mode: Mode) -> anyhow::Result<()> {
        if mode != Mode::DineIn {
            self.till.post("/api/mode", &json!({ "mode": name(mode)? })).await?;
        }
        Ok(())
    }

    /// Scans, looks at what is shown, takes the money and confirms.
    pub async fn serve(&mut self, code: &str, mode: Mode, tender: Tender) -> anyhow::Result<Scanned> {
        self.choose(mode).await?;
        let shown = self.till.post("/api/scan", &json!({ "code": code })).await?;
        self.take(&shown, mode, tender).await
    }

    /// Serves a guest at full price.
    pub async fn serve_guest(&mut self, mode: Mode, tender: Tender) -> anyhow::Result<Scanned> {
        self.choose(mode).await?;
        let shown = self.till.post("/api/guest", &json!({})).await?;
        self.take(&shown, mode, tender).await
    }

    async fn take(&mut self, shown: &Value, mode: Mode, tender: Tender) -> anyhow::Result<Scanned> {
        match text(shown, "/stage/kind")? {
            "serving" => {}
            "duplicate" => {
                self.till.post("/api/cancel", &json!({})).await?;
                return Ok(Scanned::Duplicate { price: Fen::new(number(shown, "/stage/price")?) });
            }
            _ => bail!("the till does not serve: {}", shown["stage"]),
        }
        anyhow::ensure!(text(shown, "/stage/mode")? == name(mode)?, "the till serves another mode: {}", shown["stage"]);
        let price = Fen::new(number(shown, "/stage/price")?);
        let to_pay = Fen::new(number(shown, "/stage/to_pay")?);
        let tender = if to_pay.is_zero() { Tender::Free } else { tender };
        let body = json!({ "sale": text(shown, "/stage/sale")?, "tender": name(tender)? });
        let done = self.till.post("/api/confirm", &body).await?;
        let record = text(&done, "/last/record")?.to_owned();
        anyhow::ensure!(number(&done, "/last/to_pay")? == to_pay.get(), "the till took something else than it showed");
        if tender == Tender::Cash {
            self.drawer += to_pay;
        }
        Ok(Scanned::Sold(Sold { record, price, to_pay }))
    }

    /// Reverses a meal of the shift and gives the cash back.
    pub async fn void(&mut self, sold: &Sold, tender: Tender, reason: &str) -> anyhow::Result<()> {
        self.till.post("/api/void", &json!({ "meal": sold.record, "reason": reason })).await?;
        if tender == Tender::Cash {
            self.drawer -= sold.to_pay;
        }
        Ok(())
    }

    /// Takes over a drawer with that much in it, as after a change of hands.
    pub const fn expect_in_drawer(&mut self, amount: Fen) {
        self.drawer = amount;
    }

    /// Counts the drawer, closes the shift and signs out.
    pub async fn close_shift(&mut self) -> anyhow::Result<()> {
        let counted = self.till.post("/api/shift/count", &json!({ "count": pieces(self.drawer)? })).await?;
        let difference = number(&counted, "/close/sums/difference")?;
        anyhow::ensure!(difference == 0, "the drawer is {difference} fen off: {}", counted["close"]);
        self.till.post("/api/shift/close", &json!({})).await?;
        self.till.post("/api/sign-out", &json!({})).await?;
        self.drawer = Fen::ZERO;
        Ok(())
    }
}

/// The amount in notes and coins, the largest first: denomination in fen to pieces.
fn pieces(amount: Fen) -> anyhow::Result<serde_json::Map<String, Value>> {
    let mut left = amount.get();
    let mut pieces = serde_json::Map::new();
    for denomination in [10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10] {
        pieces.insert(denomination.to_string(), json!(left / denomination));
        left %= denomination;
    }
    anyhow::ensure!(left == 0, "{amount} cannot be counted in notes and coins");
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawer_is_counted_in_notes_and_coins() {
        let count = pieces(Fen::new(38_760)).unwrap();
        let sum: i64 = count.iter().map(|(d, n)| d.parse::<i64>().unwrap() * n.as_i64().unwrap()).sum();
        assert_eq!((sum, count["10000"].as_i64(), count["10"].as_i64()), (38_760, Some(3), Some(1)));
        assert!(pieces(Fen::new(5)).is_err());
    }

    #[test]
    fn names_are_those_of_the_wire() {
        assert_eq!(name(Mode::DineIn).unwrap(), "dine_in");
        assert_eq!(name(Tender::QrPayment).unwrap(), "qr_payment");
    }
}
