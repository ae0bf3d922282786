//! Regions, canteens, their facts, prices and cashiers.

use domain::calendar::{BusinessDate, UnixMs};
use domain::canteen::{CanteenFact, CanteenFactKind};
use domain::id::{CanteenId, CashierId, UserId};
use domain::region::RegionCode;
use domain::sync::{Cashier, ListPrice};
use serde::Deserialize;

use super::proposals::{Proposed, proposed};
use super::valid;
use crate::audit::{Act, Action, Actor};
use crate::seal::Place;
use crate::store::canteens::{self, CanteenRow, Region, Settings};
use crate::store::proposals::ProposalRow;
use crate::store::{Tx, days};
use crate::words::{Code, register};
use crate::{Error, Office};

/// A canteen to be registered.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCanteen {
    /// Where it stands; twelve digits, so that every level is known.
    pub region: RegionCode,
    /// Its name.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// The operator's unified social credit code.
    pub credit_code: String,
    /// Address; may be empty.
    #[serde(default)]
    pub address: String,
    /// Telephone for elders.
    pub phone: String,
    /// The bank of the payee account.
    pub bank: String,
    /// The holder of the payee account.
    pub account_name: String,
    /// The payee account.
    pub account: String,
    /// Meals a day that it can serve.
    #[serde(default)]
    pub capacity: Option<u32>,
}

/// A cashier to be added.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCashier {
    /// Name in full.
    pub name: String,
    /// PIN, 4 to 12 digits.
    pub pin: String,
    /// May authorise overrides.
    #[serde(default)]
    pub supervisor: bool,
}

/// A canteen that was just registered.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Which one.
    pub id: CanteenId,
    /// What waits for a second person: its account. Nothing at the office's own computer.
    pub payee: Option<ProposalRow>,
}

/// A canteen on its way into the register.
#[derive(Clone)]
pub(crate) struct Registration {
    pub(crate) row: CanteenRow,
    pub(crate) payee: Option<ProposalRow>,
}

impl Registration {
    /// Writes the canteen, and what is proposed with it.
    async fn add(&self, tx: &mut Tx, now: UnixMs) -> Result<(), Error> {
        canteens::add(tx, &self.row).await?;
        match &self.payee {
            Some(payee) => proposed(tx, payee, now).await,
            None => Ok(()),
        }
    }
}

impl Office {
    /// Adds a region with its office, or renames it.
    pub async fn create_region(&self, region: Region, by: Option<UserId>) -> Result<(), Error> {
        let region =
            Region { name: valid::name(&region.name)?, office: valid::name(&region.office)?, code: region.code };
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    canteens::put_region(tx, &region, now).await?;
                    Act::new(by, Action::RegionPut, format!("region:{}", region.code)).done(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// Registers a canteen. The account that a person typed is proposed with it: nothing is paid there before another
    /// person has approved it. `by` is nothing at the office's own computer, whose word needs no second.
    pub async fn create_canteen(&self, new: NewCanteen, by: Option<UserId>) -> Result<Registered, Error> {
        let now = self.now();
        let registration = self.registration(new, by)?;
        let id = registration.row.id;
        let payee = registration.payee.clone();
        self.store
            .write_audited(move |tx| {
                let registration = registration.clone();
                Box::pin(async move {
                    registration.add(tx, now).await?;
                    Act::new(by, Action::CanteenCreate, format!("canteen:{id}")).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(Registered { id, payee })
    }

    /// A new canteen, with what is proposed together with it.
    pub(crate) fn registration(&self, new: NewCanteen, by: Option<UserId>) -> Result<Registration, Error> {
        let row = CanteenRow { payee_checked: by.is_none(), ..self.canteen_row(new.clone())? };
        let payee = match by {
            Some(by) => {
                let (bank, account_name) = (row.bank.clone(), row.account_name.clone());
                let what = Proposed::Payee { canteen: row.id, bank, account_name, account: new.account.into() };
                Some(self.proposal_row(what, row.region.clone(), by)?)
            }
            None => None,
        };
        Ok(Registration { row, payee })
    }

    /// The row of a new canteen, with the account sealed.
    fn canteen_row(&self, new: NewCanteen) -> Result<CanteenRow, Error> {
        let now = self.now();
        let id = CanteenId::generate(now, &*self.entropy);
        let place = Place { table: "canteens", column: "account", row: id.uuid() };
        Ok(CanteenRow {
            id,
            region: new.region,
            name: valid::name(&new.name)?,
            operator: valid::name(&new.operator)?,
            credit_code: valid::credit_code(&new.credit_code)?,
            address: valid::text(&new.address)?,
            phone: valid::phone(&new.phone)?,
            bank: valid::name(&new.bank)?,
            account_name: valid::name(&new.account_name)?,
            account: self.keys.seal(place, &valid::account(&new.account)?, &*self.entropy),
            capacity: new.capacity,
            created_at: now,
            payee_checked: false,
        })
    }

    /// Adds what was learned of a canteen; its days from that date on are closed again.
    pub async fn add_canteen_fact(
        &self,
        canteen: CanteenId,
        valid_from: BusinessDate,
        kind: CanteenFactKind,
        by: Option<UserId>,
    ) -> Result<CanteenFact, Error> {
        match &kind {
            CanteenFactKind::Standing { standing } => valid::standing(standing)?,
            CanteenFactKind::Tags { tags } => valid::tags(tags)?,
        }
        let now = self.now();
        let fact = CanteenFact { valid_from, known_from: now, kind };
        let stored = fact.clone();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    hold(tx, canteen).await?;
                    canteens::add_facts(tx, canteen, std::slice::from_ref(&stored), by).await?;
                    let touched = days::of_canteen(tx, canteen, valid_from).await?;
                    days::touch(tx, &touched.iter().map(|d| (d.canteen, d.date)).collect(), now).await?;
                    let act = Act::new(by, Action::CanteenFact, format!("canteen:{canteen}"));
                    act.with("valid_from", valid_from.to_string()).done(tx, now).await.map(drop)
                })
            })
            .await?;
        self.changed.notify_one();
        Ok(fact)
    }

    /// Approves a list price from a date on; days from that date on are closed again.
    pub async fn add_price(&self, canteen: CanteenId, price: ListPrice, by: Option<UserId>) -> Result<(), Error> {
        valid::price(price.price)?;
        let now = self.now();
        self.store
            .write_audited(move |tx| Box::pin(async move { price_in(tx, canteen, &price, now, by, by.into()).await }))
            .await?;
        self.changed.notify_one();
        Ok(())
    }

    /// Sets a canteen's terminals: how long they serve on an old roster, and what their card readers write.
    pub async fn set_canteen(&self, canteen: CanteenId, settings: Settings, by: Option<UserId>) -> Result<(), Error> {
        valid::offline(settings.offline)?;
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    hold(tx, canteen).await?;
                    canteens::put_settings(tx, canteen, &settings, by, now).await?;
                    Act::new(by, Action::CanteenSettings, format!("canteen:{canteen}")).done(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// Adds a cashier.
    pub async fn add_cashier(
        &self,
        canteen: CanteenId,
        new: NewCashier,
        by: Option<UserId>,
    ) -> Result<CashierId, Error> {
        valid::pin(&new.pin)?;
        let name = valid::name(&new.name)?;
        let pin_hash = self.hasher.hash(&new.pin).await?;
        let now = self.now();
        let id = CashierId::generate(now, &*self.entropy);
        let cashier = Cashier { id, name, pin_hash, supervisor: new.supervisor };
        let added = self
            .store
            .write_audited(move |tx| {
                Box::pin(async move {
                    hold(tx, canteen).await?;
                    canteens::add_cashier(tx, canteen, &cashier, now).await?;
                    let act = Act::new(by, Action::CashierAdd, format!("canteen:{canteen}"));
                    act.with("cashier", id.to_string()).done(tx, now).await.map(drop)
                })
            })
            .await;
        match added {
            Err(error) if error.is_unique_violation() => Err(Error::refused(Code::NameTaken, register::NAME_TAKEN)),
            other => other.map(|()| id),
        }
    }
}

/// Approves a list price in an open unit that holds the audit log's chain. `by` proposed it; `actor` lets it be in force.
pub(super) async fn price_in(
    tx: &mut Tx,
    canteen: CanteenId,
    price: &ListPrice,
    now: UnixMs,
    by: Option<UserId>,
    actor: Actor,
) -> Result<(), Error> {
    hold(tx, canteen).await?;
    canteens::add_price(tx, canteen, price, now, by).await?;
    let touched = days::of_canteen(tx, canteen, price.valid_from).await?;
    days::touch(tx, &touched.iter().map(|d| (d.canteen, d.date)).collect(), now).await?;
    let act = Act::new(actor, Action::PriceApprove, format!("canteen:{canteen}"));
    let act = act.with("valid_from", price.valid_from.to_string()).with("period", price.period.as_str());
    act.with("price", price.price.get()).done(tx, now).await.map(drop)
}

/// Holds the canteen, or refuses an id that names none.
pub(crate) async fn hold(tx: &mut Tx, canteen: CanteenId) -> Result<(), Error> {
    if canteens::hold(tx, canteen).await? {
        return Ok(());
    }
    Err(Error::refused(Code::CanteenUnknown, register::NO_CANTEEN))
}
