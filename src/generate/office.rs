//! Sets the made-up office up through what people at an office do: region, people, policy, canteens, elders with their
//! cards, terminals with their keys.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use anyhow::Context as _;
use domain::calendar::{BusinessDate, WorkCalendar};
use domain::canteen::{Canteen, CanteenFactKind, Standing};
use domain::elder::{Elder, ElderFact};
use domain::id::{CashierId, Digest, Entropy as _};
use domain::sync::ListPrice;
use ed25519_dalek::SigningKey;
use server::Office;
use server::admin::{NewCashier, NewElder, NewUser};
use server::people::Role;
use server::store::canteens::Region;
use server::store::terminals::TerminalRow;

use super::day::{Citizen, Place, Tally};
use super::people::Person;
use super::{places, words};
use crate::demo::chance::SeededEntropy;
use crate::progress::Bar;

/// The published policy that the city pays by.
pub const POLICY: &str = include_str!("../../domain/policies/sz-2025.toml");
/// So many elders are registered at a time: their writes share a commit.
const TOGETHER: usize = 256;

/// Somebody at the office, with a passphrase that anybody may know.
#[derive(Clone, Copy, Debug)]
pub struct Staff {
    /// Full name.
    pub name: &'static str,
    /// Passphrase.
    pub passphrase: &'static str,
    /// Role.
    pub role: Role,
}

/// The office's people.
pub const STAFF: [Staff; 4] = [
    Staff { name: "生成管理员", passphrase: "generated administrator", role: Role::Administrator },
    Staff { name: "生成经办", passphrase: "generated maker", role: Role::FinanceMaker },
    Staff { name: "生成复核", passphrase: "generated checker", role: Role::FinanceChecker },
    Staff { name: "生成审计", passphrase: "generated auditor", role: Role::Auditor },
];

/// An enrolled terminal before its journal begins.
pub struct Enrolled {
    /// As the office holds it.
    pub terminal: TerminalRow,
    /// Its key.
    pub key: SigningKey,
    /// Who serves at it.
    pub cashier: CashierId,
}

type Pending<'f, T> = Pin<Box<dyn Future<Output = Result<T, server::Error>> + Send + 'f>>;

/// Waits for all of them. They are begun in order, so that what each takes from the office's randomness first is the
/// same in every run.
async fn all<T: Send>(mut pending: Vec<Pending<'_, T>>) -> Result<Vec<T>, server::Error> {
    let mut done: Vec<Option<T>> = pending.iter().map(|_| None).collect();
    poll_fn(|cx| {
        let mut waits = false;
        for (slot, work) in done.iter_mut().zip(&mut pending) {
            if slot.is_none() {
                match work.as_mut().poll(cx) {
                    Poll::Ready(Ok(value)) => *slot = Some(value),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => waits = true,
                }
            }
        }
        if waits { Poll::Pending } else { Poll::Ready(Ok(())) }
    })
    .await?;
    Ok(done.into_iter().flatten().collect())
}

/// Policy and calendar. The clock stands at an instant before the policy holds.
pub async fn rules(office: &Office) -> anyhow::Result<()> {
    office.publish_calendar(WorkCalendar::published()).await?;
    office.announce_policy("sz-2025.toml", POLICY, None).await?;
    Ok(())
}

/// Region and people.
pub async fn people(office: &Office) -> anyhow::Result<()> {
    office.mark_demo().await?;
    let code = places::region(places::REGION);
    let (name, payer) = (words::REGION.to_owned(), words::OFFICE.to_owned());
    office.create_region(Region { code: code.clone(), name, office: payer }, None).await?;
    for Staff { name, passphrase, role } in STAFF {
        let (name, passphrase) = (name.to_owned(), passphrase.to_owned().into());
        office.add_user(NewUser { name, passphrase, role, region: code.clone(), canteen: None }, None).await?;
    }
    Ok(())
}

/// Canteens with prices, grades, a cashier and a terminal each.
pub async fn canteens(
    office: &Office,
    seed: u64,
    count: usize,
    from: BusinessDate,
) -> anyhow::Result<(Vec<Place>, Vec<Enrolled>)> {
    let (mut all, mut enrolled) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for place in 0..count {
        let id = office.create_canteen(places::canteen(place), None).await?.id;
        let grade = if place % 4 == 0 { "A" } else { "B" };
        let standing = Standing { quality_grade: grade.to_owned(), ..Standing::default() };
        let since = from.plus_days(-90);
        let fact = office.add_canteen_fact(id, since, CanteenFactKind::Standing { standing }, None).await?;
        let period = "lunch".parse().context("a period")?;
        let price = places::price(place);
        office.add_price(id, ListPrice { valid_from: since, period, price }, None).await?;
        let name = words::cashier(place + 1);
        let cashier =
            office.add_cashier(id, NewCashier { name, pin: "314159".to_owned(), supervisor: true }, None).await?;
        let mut secret = [0; 32];
        SeededEntropy::new(seed ^ (0x006b_6579 + u64::try_from(place)?)).fill(&mut secret);
        let key = SigningKey::from_bytes(&secret);
        let code = office.issue_enrolment_code(id, None).await?;
        let terminal = office.enrol(&code.code, Digest(key.verifying_key().to_bytes()), None).await?;
        office.confirm_terminal(terminal.id, &terminal.fingerprint(), None).await?;
        enrolled.push(Enrolled { terminal, key, cashier });
        let canteen = Canteen { id, region: places::village(place), facts: vec![fact] };
        all.push(Place { canteen, price, offline_until: None, synced: office.now() });
    }
    Ok((all, enrolled))
}

/// Registers everybody and issues the cards.
pub async fn elders(
    office: &Arc<Office>,
    people: &[Person],
    places: &[Place],
    bar: &Bar,
) -> anyhow::Result<Vec<Citizen>> {
    let now = office.now();
    let mut citizens = Vec::with_capacity(people.len());
    for group in people.chunks(TOGETHER) {
        let register = |person: &Person| -> Pending<'_, domain::id::ElderId> {
            let new = NewElder {
                resident_id: person.resident_id.clone().into(),
                name: person.name.clone(),
                phone: person.phone.clone().map(Into::into),
                region: places::region(places::REGION),
                canteen: Some(places[person.home].canteen.id),
                facts: person.facts.clone(),
                id: None,
            };
            Box::pin(office.register_elder(new, None))
        };
        let ids = all(group.iter().map(register).collect()).await?;
        all(ids.iter().map(|id| -> Pending<'_, _> { Box::pin(office.issue_card(*id, None)) }).collect()).await?;
        for (id, person) in ids.into_iter().zip(group) {
            let fact = |new: &server::admin::NewElderFact| ElderFact {
                valid_from: new.valid_from,
                known_from: now,
                kind: new.kind.clone(),
            };
            let facts = person.facts.iter().map(fact).collect();
            citizens.push(Citizen {
                elder: Elder { id, birth: person.birth, facts },
                home: person.home,
                attendance: person.attendance,
                delivered: person.delivered,
                died: None,
                known_dead: false,
                tally: Tally::default(),
            });
        }
        bar.add(u64::try_from(group.len())?);
    }
    Ok(citizens)
}
