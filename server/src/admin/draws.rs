//! Random inspection draws: announced with their list before the seed can be known, drawn once, results written down
//! once.

use domain::calendar::BusinessDate;
use domain::draw::DrawList;
use domain::id::{CanteenId, RecordId, UserId};
use domain::region::RegionCode;
use uuid::Uuid;

use super::valid;
use crate::audit::{Act, Action};
use crate::store::Json;
use crate::store::draws::{self, DrawRow, OutcomeRow, ResultRow};
use crate::words::{Code, draws as words};
use crate::{Error, Office};

/// A draw to be announced.
#[derive(Clone, Debug)]
pub struct NewDraw {
    /// What it is called.
    pub title: String,
    /// The canteens that can be drawn.
    pub canteens: Vec<CanteenId>,
    /// How many of them.
    pub count: usize,
    /// Names of inspectors; may be empty.
    pub inspectors: Vec<String>,
    /// How many go to each canteen.
    pub each: usize,
    /// Which public number will be the seed.
    pub seed_name: String,
    /// The day on which it comes out: after today.
    pub seed_on: BusinessDate,
}

/// What an inspection found.
#[derive(Clone, Debug)]
pub struct NewResult {
    /// Where.
    pub canteen: CanteenId,
    /// When.
    pub inspected_on: BusinessDate,
    /// `good`, `fair` or `poor`.
    pub grade: String,
    /// In words.
    pub words: String,
}

fn refuse<T>(code: Code, words: &str) -> Result<T, Error> {
    Err(Error::refused(code, words))
}

impl Office {
    /// Announces a draw: its list stands from now on.
    pub async fn announce_draw(&self, new: NewDraw, region: RegionCode, by: UserId) -> Result<DrawRow, Error> {
        let now = self.now();
        if new.seed_on <= now.business_date() {
            return refuse(Code::Invalid, words::SEED_LATER);
        }
        let inspectors = new.inspectors.iter().map(|name| valid::name(name)).collect::<Result<Vec<_>, _>>()?;
        let list = DrawList::new(new.canteens, new.count, inspectors, new.each);
        if new.count == 0 || list.count != new.count {
            return refuse(Code::Invalid, words::COUNT);
        }
        if list.each != new.each {
            return refuse(Code::Invalid, words::EACH);
        }
        let row = DrawRow {
            id: RecordId::generate(now, &*self.entropy).uuid(),
            region,
            title: valid::name(&new.title)?,
            list_digest: list.digest(),
            list: Json(list),
            seed_name: valid::name(&new.seed_name)?,
            seed_on: new.seed_on,
            announced_by: by,
            announced_at: now,
        };
        let stored = row.clone();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    draws::announce(tx, &stored).await?;
                    let act = Act::new(by, Action::DrawAnnounce, format!("draw:{}", stored.id));
                    act.with("list", stored.list_digest.to_string()).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(row)
    }

    /// Draws with the public number that came out.
    pub async fn make_draw(&self, id: Uuid, seed: &str, by: UserId) -> Result<OutcomeRow, Error> {
        let (now, row, seed) = (self.now(), self.draw(id).await?, seed.trim().to_owned());
        if now.business_date() < row.seed_on {
            return refuse(Code::Conflict, words::SEED_EARLY);
        }
        let good = (1..=100).contains(&seed.chars().count()) && !seed.chars().any(|c| c == '|' || c.is_control());
        if !good {
            return refuse(Code::Invalid, words::SEED);
        }
        let outcome = Json(row.list.0.draw(&seed));
        let outcome = OutcomeRow { draw: id, seed, outcome, drawn_by: by, drawn_at: now };
        let stored = outcome.clone();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    if !draws::draw(tx, &stored).await? {
                        return refuse(Code::Conflict, words::DRAWN);
                    }
                    let act = Act::new(by, Action::DrawMake, format!("draw:{id}"));
                    act.with("seed", stored.seed.as_str()).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(outcome)
    }

    /// Writes down what the inspection of a drawn canteen found.
    pub async fn note_inspection(&self, id: Uuid, new: NewResult, by: UserId) -> Result<(), Error> {
        let now = self.now();
        if !matches!(new.grade.as_str(), "good" | "fair" | "poor") {
            return refuse(Code::Invalid, words::GRADE);
        }
        let said = valid::text(&new.words)?;
        self.draw(id).await?;
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let outcome = draws::outcome(tx, id).await?;
                    let is_drawn = |row: &OutcomeRow| row.outcome.0.iter().any(|one| one.canteen == new.canteen);
                    let Some(outcome) = outcome.filter(is_drawn) else {
                        return refuse(Code::Conflict, words::NOT_DRAWN);
                    };
                    let days = outcome.drawn_at.business_date()..=now.business_date();
                    if !days.contains(&new.inspected_on) {
                        return refuse(Code::Invalid, words::INSPECTED_ON);
                    }
                    let NewResult { canteen, inspected_on, grade, .. } = new;
                    let act = Act::new(by, Action::DrawResult, format!("draw:{id}"));
                    let act = act.with("canteen", canteen.to_string()).with("grade", grade.as_str());
                    let row =
                        ResultRow { draw: id, canteen, inspected_on, grade, words: said, noted_by: by, noted_at: now };
                    if !draws::note(tx, &row).await? {
                        return refuse(Code::Conflict, words::NOTED);
                    }
                    act.done(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// The draw, or a refusal.
    pub async fn draw(&self, id: Uuid) -> Result<DrawRow, Error> {
        let row = self.store.read(move |tx| Box::pin(async move { draws::get(tx, id).await })).await?;
        row.ok_or_else(|| Error::refused(Code::NotFound, words::NONE))
    }
}
