//! Pages as people see them: every role signs in and asks for every page of the console, and for the public ones, over
//! HTTP, of an office that holds a city's settled month.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::calendar::{BusinessDate, Clock, MealPeriod, Month};
use domain::id::{CanteenId, Digest, UserId};
use domain::money::Fen;
use domain::sync::ListPrice;
use reqwest::{Client, StatusCode};
use serde_json::json;
use server::admin::{NewDraw, NewUser, Proposed};
use server::import::Kind;
use server::import::stored::NewImport;
use server::people::Role;
use server::store::{closes, months, people, terminals};
use server::{Database, Office};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::city::{self, Stopwatch};
use super::month;
use super::table::{Row, ms, percentile};
use super::words;
use crate::demo::http::client;
use crate::generate::office::STAFF;
use crate::generate::places;
use crate::generate::play::City;
use crate::machine::microseconds;

/// A page is asked for so often by each role.
pub const ROUNDS: usize = 20;
/// The largest that 95 of 100 answers may take, microseconds.
const GOAL_US: u64 = 150_000;
/// The list is disclosed for so many days.
const DISCLOSED: i64 = 7;
/// Roles that the generated office has nobody for.
const MORE: [(&str, &str, Role); 3] = [
    ("页面政策", "bench pages editor", Role::PolicyEditor),
    ("页面制卡", "bench pages issuer", Role::CardIssuer),
    ("页面店长", "bench pages manager", Role::CanteenManager),
];
/// Pages that hold nothing of a month, and those that need what a generated office does not have.
const LEFT_OUT: [&str; 3] = ["/assets/{name}", "/console/sign-in", "/console"];
/// The same pages with what people ask of them; `{month}`, `{canteen}` and `{elder}` stand for what there is.
const ASKED: [&str; 11] = [
    "/?q=1",
    "/console/audit?action=month",
    "/console/elders?q=%E7%8E%8B",
    "/console/findings?tab=decided&month={month}",
    "/console/findings?only={canteen}&month={month}",
    "/console/findings?month={month}",
    "/console/reconciliation?month={month}",
    "/console/search?q=1",
    "/console/settlement?month={month}",
    "/console/statements?month={month}",
    "/console/today?month={month}",
];

/// Pages that show a month, and read other things before its draft and while it waits for approval than behind it.
const CHANGING: [&str; 6] = [
    "/console/disclosure",
    "/console/funds",
    "/console/own",
    "/console/settlement",
    "/console/statements",
    "/console/today",
];

/// Something that answers on an address.
struct Page {
    /// As the list of routes has it, with its query.
    path: String,
    /// As it is asked for.
    address: String,
}

/// What stands in the places of addresses.
#[derive(Default)]
struct Samples(BTreeMap<&'static str, String>);

impl Samples {
    /// The address of a route; nothing where the office has nothing that it could name.
    fn fill(&self, path: &str) -> Option<String> {
        let mut address = path.to_owned();
        for (name, value) in &self.0 {
            address = address.replace(&format!("{{{name}}}"), value);
        }
        (!address.contains('{')).then_some(address)
    }

    /// What `{id}` is on the pages under this folder.
    fn of(&self, path: &str) -> Self {
        let mut all = self.0.clone();
        let folder = path.split("/{").next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let id = match folder {
            "canteens" => self.0.get("canteen"),
            "terminals" => self.0.get("terminal"),
            "elders" => self.0.get("elder"),
            "statements" => self.0.get("statement"),
            "policies" => self.0.get("policy"),
            // Of a policy that is proposed there is none.
            "proposals" | "draws" | "imports" if !path.starts_with("/console/policies") => self.0.get(folder),
            _ => None,
        };
        all.extend(id.map(|id| ("id", id.clone())));
        // What is behind the code on a statement is named by the statement's own number and digest.
        let other: &[(&str, &'static str)] = match folder {
            "policies" => &[("policy_version", "version")],
            "verify" => &[("statement_number", "number"), ("statement_digest", "digest")],
            _ => &[],
        };
        for (from, to) in other {
            all.extend(self.0.get(from).map(|value| (*to, value.clone())));
        }
        Self(all)
    }
}

/// Every page with an address, and the paths of those that this office has none for.
fn pages(samples: &Samples) -> (Vec<Page>, Vec<String>) {
    let shown = |path: &&str| {
        let is_page = ["/console", "/disclosures", "/open-data", "/verify"].iter().any(|p| path.starts_with(p));
        (is_page || *path == "/") && !LEFT_OUT.contains(path) && !path.ends_with("/photo")
    };
    let table = server::http::table();
    let routes = table.iter().filter(|route| route.method == "GET").map(|route| route.path).filter(shown);
    let (mut found, mut without) = (Vec::new(), Vec::new());
    for path in routes.chain(ASKED) {
        match samples.of(path).fill(path) {
            Some(address) => found.push(Page { path: path.to_owned(), address }),
            None => without.push(path.to_owned()),
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    (found, without)
}

async fn person(office: &Office, name: &'static str) -> anyhow::Result<UserId> {
    let found = office.store.read(move |tx| Box::pin(async move { people::by_name(tx, name).await })).await?;
    Ok(found.context("the office's people are set up")?.id)
}

/// Adds whom the office lacks; answers the canteen whose manager there is.
async fn add_people(city: &City) -> anyhow::Result<CanteenId> {
    let (office, region) = (city.server.office(), places::region(places::REGION));
    let of = region.clone();
    let read = office.store.read(move |tx| {
        let of = of.clone();
        Box::pin(async move { months::canteens(tx, &of, None).await })
    });
    let (canteen, _) = read.await?.into_iter().next().context("a canteen")?;
    for (name, passphrase, role) in MORE {
        let own = (role == Role::CanteenManager).then_some(canteen);
        let (name, passphrase) = (name.to_owned(), passphrase.to_owned().into());
        office.add_user(NewUser { name, passphrase, role, region: region.clone(), canteen: own }, None).await?;
    }
    Ok(canteen)
}

/// One of what people propose, draw and bring, so that there is a page about it: by the folder of its address.
async fn things(city: &City, canteen: CanteenId) -> anyhow::Result<[(&'static str, String); 3]> {
    let (office, region) = (city.server.office(), places::region(places::REGION));
    let by = |role: Role| STAFF.iter().find(|one| one.role == role).context("somebody of that role");
    let (maker, auditor) = (by(Role::FinanceMaker)?.name, by(Role::Auditor)?.name);
    let (maker, auditor) = (person(office, maker).await?, person(office, auditor).await?);
    let issuer = person(office, MORE[1].0).await?;
    let period: MealPeriod = "lunch".parse().map_err(anyhow::Error::msg)?;
    let valid_from = office.now().business_date().plus_days(30);
    let price = ListPrice { valid_from, period, price: Fen::new(1_900) };
    let proposal = office.propose(Proposed::Price { canteen, price }, region.clone(), maker).await?;
    let draw = NewDraw {
        title: words::DRAW.to_owned(),
        canteens: vec![canteen],
        count: 1,
        inspectors: Vec::new(),
        each: 0,
        seed_name: words::DRAW.to_owned(),
        seed_on: valid_from,
    };
    let draw = office.announce_draw(draw, region.clone(), auditor).await?;
    let list = NewImport {
        kind: Kind::Deaths,
        file_name: "list.csv".to_owned(),
        elder_region: None,
        by: issuer,
        scope: region,
        bytes: words::LIST.into(),
    };
    let list = office.receive_import(list).await?;
    Ok([("proposals", proposal.id.to_string()), ("draws", draw.id.to_string()), ("imports", list.id.to_string())])
}

/// One of everything that an address may name.
async fn samples(city: &City, month: Month, canteen: CanteenId) -> anyhow::Result<Samples> {
    let (office, region) = (Arc::clone(city.server.office()), places::region(places::REGION));
    let of = region.clone();
    let dates: Vec<BusinessDate> = month.days().collect();
    let read = office.store.read(move |tx| {
        let of = of.clone();
        Box::pin(async move {
            let settlement = months::settlement(tx, &of, month).await?;
            let statements = match &settlement {
                Some(settlement) => months::statements(tx, settlement).await?,
                None => Vec::new(),
            };
            let mut finding = None;
            for date in dates {
                let close = closes::last(tx, canteen, date).await?;
                finding = finding.or(close.and_then(|close| close.content.0.findings.into_iter().next()));
            }
            let terminal = terminals::of_canteen(tx, canteen).await?.into_iter().next();
            Ok((settlement, statements.into_iter().find(|s| s.canteen == canteen), finding, terminal))
        })
    });
    let (settlement, statement, finding, terminal) = read.await?;
    let (settlement, statement) = (settlement.context("a month")?, statement.context("a statement")?);
    let book = office.book();
    let policy = book.policies.policies().next().context("a policy")?.reference().clone();
    let short = |digest: Digest| digest.to_string()[..16].to_owned();
    let mut all = BTreeMap::from([
        ("region", region.to_string()),
        ("month", month.to_string()),
        ("canteen", canteen.to_string()),
        ("statement", statement.id.to_string()),
        ("policy", policy.id.clone()),
        ("policy_version", policy.version.to_string()),
        ("statement_number", statement.number.clone()),
        ("statement_digest", short(statement.digest)),
    ]);
    all.extend(finding.map(|finding| ("number", finding.number)));
    all.extend(terminal.map(|row| ("terminal", row.id.to_string())));
    all.extend(things(city, canteen).await?);
    all.extend(city.elder(0).map(|elder| ("elder", elder.to_string())));
    // The pages behind the codes on papers name number, version and digest of what is printed.
    all.insert("version", settlement.version.to_string());
    all.insert("digest", short(settlement.digest));
    Ok(Samples(all))
}

/// Signs in; answers the session's token.
async fn sign_in(client: &Client, base: &str, name: &str, passphrase: &str) -> anyhow::Result<String> {
    let body = json!({ "name": name, "passphrase": passphrase });
    let answer = client.post(format!("{base}/api/v1/session")).json(&body).send().await?;
    let status = answer.status();
    let session: serde_json::Value = answer.json().await?;
    ensure!(status.is_success(), "{name} cannot sign in: {session}");
    Ok(session["token"].as_str().context("a token")?.to_owned())
}

/// What became of asking for a page again and again.
struct Asked {
    took: Vec<u64>,
    bytes: usize,
    /// What was answered where it is no success; it was asked for once then.
    failed: Option<StatusCode>,
}

/// Asks for a page; nothing where the role may not see it, or is led on to another one.
async fn ask(client: &Client, url: &str, token: Option<&str>, rounds: usize) -> anyhow::Result<Option<Asked>> {
    let (mut took, mut bytes) = (Vec::with_capacity(rounds), 0);
    for round in 0..=rounds {
        let request = client.get(url);
        let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
        let begun = microseconds();
        let answer = request.send().await?;
        let status = answer.status();
        bytes = answer.bytes().await?.len();
        if [StatusCode::FORBIDDEN, StatusCode::SEE_OTHER].contains(&status) {
            return Ok(None);
        }
        if !status.is_success() {
            return Ok(Some(Asked { took, bytes, failed: Some(status) }));
        }
        // The first time is for statements that are not planned yet.
        if round > 0 {
            took.push(microseconds() - begun);
        }
    }
    Ok(Some(Asked { took, bytes, failed: None }))
}

/// Asks for all pages as one role, or as nobody.
async fn of_role(
    client: &Client,
    base: &str,
    role: Option<(Role, &str)>,
    pages: &[Page],
    rounds: usize,
    name: &'static str,
    meals: u64,
) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let public = |page: &&Page| !page.path.starts_with("/console");
    for page in pages.iter().filter(|page| public(page) == role.is_none()) {
        let url = format!("{base}{}", page.address);
        let token = role.map(|(_, token)| token);
        let Some(Asked { mut took, bytes, failed }) = ask(client, &url, token, rounds).await? else { continue };
        let (median, worst) = (percentile(&mut took, 50), percentile(&mut took, 95));
        let work = words::page(&page.path, role.map_or("", |(role, _)| role.name()));
        // A file is made as a whole and read at leisure.
        let is_file = page.path.contains(".csv") || page.path.contains(".xlsx");
        let goal = if is_file { words::NO_GOAL } else { words::PAGE_GOAL };
        let reached = failed.is_none() && (is_file || worst < GOAL_US);
        let note = match failed {
            Some(status) => words::page_failed(status.as_u16()),
            None => words::page_note(&ms(median), &ms(worst), bytes),
        };
        rows.push(Row::alone(&work, name, meals, worst, goal, reached).noted(note));
    }
    Ok(rows)
}

/// A running office, and whoever asks it.
struct Asking {
    client: Client,
    base: String,
    /// Role and session's token of each person.
    people: Vec<(Role, String)>,
    rounds: usize,
    name: &'static str,
    meals: u64,
}

impl Asking {
    /// Asks for pages as everybody who may see them.
    async fn all(&self, pages: &[Page]) -> anyhow::Result<Vec<Row>> {
        let (client, base) = (&self.client, self.base.as_str());
        let mut rows = of_role(client, base, None, pages, self.rounds, self.name, self.meals).await?;
        for (role, token) in &self.people {
            let who = Some((*role, token.as_str()));
            rows.extend(of_role(client, base, who, pages, self.rounds, self.name, self.meals).await?);
        }
        Ok(rows)
    }

    /// The pages that show something else while a month is `state`.
    async fn while_it_is(&self, state: &str, month: Month) -> anyhow::Result<Vec<Row>> {
        let page = |path: &&str| {
            let path = format!("{path}?month={month}&while={state}");
            Page { address: path.clone(), path }
        };
        self.all(&CHANGING.iter().map(page).collect::<Vec<_>>()).await
    }
}

/// Makes a city of about so many meals, settles its month and asks for every page in every role: for those that show the
/// month's state before its draft and while it is submitted too. Answers the rows, the slowest first, and the addresses
/// that this office has nothing for.
pub async fn measure(
    meals: usize,
    database: Database,
    keys: std::path::PathBuf,
    name: &'static str,
    rounds: usize,
    watch: Arc<dyn Clock>,
) -> anyhow::Result<(Vec<Row>, Vec<String>)> {
    let mut city = City::found(month::wanted(meals), database, keys, "http://127.0.0.1", watch).await?;
    let generated = city.pass().await?;
    let month = city.months().first().copied().context("a month")?;
    let (office, region) = (Arc::clone(city.server.office()), places::region(places::REGION));
    let canteen = add_people(&city).await?;
    server::close::close_days(&office.store, &office.book(), office.now()).await?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let base = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = city.server.clone();
    let serving = tokio::spawn(async move { server.serve(listener, async { drop(stopped.await) }).await });
    let (client, mut people) = (client()?, Vec::new());
    let staff = STAFF.iter().map(|one| (one.name, one.passphrase, one.role));
    for (who, passphrase, role) in staff.chain(MORE) {
        people.push((role, sign_in(&client, &base, who, passphrase).await?));
    }
    let asking = Asking { client, base, people, rounds, name, meals: generated.meals };
    let mut rows = asking.while_it_is("open", month).await?;
    let mut stopwatch = Stopwatch::begun(Arc::clone(city.watch()));
    city::submit(&office, &region, month, &mut stopwatch).await?;
    rows.extend(asking.while_it_is("submitted", month).await?);
    city::approve(&office, &region, month).await?;
    let checker = STAFF.iter().find(|one| one.role == Role::FinanceChecker).context("a checker")?;
    let by = person(&office, checker.name).await?;
    server::payment::disclose(&office.store, &region, month, DISCLOSED, by, office.now()).await?;
    let (pages, without) = pages(&samples(&city, month, canteen).await?);
    rows.extend(asking.all(&pages).await?);
    drop(stop);
    serving.await??;
    rows.sort_by_key(|row| std::cmp::Reverse(row.ours));
    Ok((rows, without))
}
