//! `zhucan policy simulate`: a stored month under another policy, as tables of yuan or as JSON of fen.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use domain::calendar::{Clock, Month};
use domain::id::Entropy;
use domain::money::Fen;
use domain::policy::Policy;
use domain::region::RegionCode;
use domain::simulation::Pair;
use domain::words::{Language, kind_name};
use receipts::figures;
use server::simulate::Simulated;
use zhucan::demo::table::{Align, table};

use super::{REFUSED, read_text, words};
use crate::office_command::OfficeArgs;
use crate::out::Out;

/// Arguments of `zhucan policy simulate`.
#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// The policy file to try
    file: PathBuf,
    /// The month whose meals are decided again, such as 2026-03
    #[arg(long)]
    month: Month,
    /// Only canteens inside this region
    #[arg(long)]
    region: Option<RegionCode>,
    /// As JSON, amounts in fen
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Prints what the policy would have changed. Changes nothing that is stored.
pub(super) async fn run(
    args: SimulateArgs,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> anyhow::Result<ExitCode> {
    let name = args.file.display().to_string();
    let text = match read_text(&args.file, &name) {
        Ok(text) => text,
        Err(refusal) => {
            eprintln!("{refusal}");
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let policy = match Policy::parse(&name, &text) {
        Ok(policy) => policy,
        Err(errors) => {
            eprintln!("{errors}");
            return Ok(ExitCode::from(REFUSED));
        }
    };
    let server = args.office.open(false, "", clock, entropy).await?;
    let simulated = server.office().simulate(policy, args.month, args.region).await;
    server.office().store.close().await;
    let simulated = simulated?;
    let mut out = Out::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&simulated)?)?;
    } else {
        write!(out, "{}", tables(&simulated))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn yuan(label: &str, pair: Pair) -> [String; 4] {
    [label.to_owned(), figures::yuan(pair.now), figures::yuan(pair.then), figures::change(pair.difference())]
}

const fn columns(first: &'static str) -> [(&'static str, Align); 4] {
    [(first, Align::Left), (words::NOW, Align::Right), (words::THEN, Align::Right), (words::DIFFERENCE, Align::Right)]
}

fn tables(of: &Simulated) -> String {
    let Simulated { policy, name, month, .. } = of;
    let mut out = words::head(name, &policy.id, policy.version, *month, &figures::grouped(of.meals)) + "\n";
    if of.meals == 0 {
        return out + words::NO_MEALS + "\n";
    }
    if of.not_closed > 0 {
        out += &(words::not_closed(&figures::grouped(of.not_closed)) + "\n");
    }
    out.push('\n');
    let all = [yuan(words::COST, of.cost), yuan(words::OWN_PAYMENT, of.own_payment)];
    out += &table(columns(words::IN_ALL), &all);
    out.push('\n');
    let payers: Vec<_> = of.payers.iter().map(|p| yuan(&payer(p), p.amount)).collect();
    out += &table(columns(words::BY_PAYER), &payers);
    out.push('\n');
    out += &benefits(of);
    out.push('\n');
    out += &canteens(of);
    out.push('\n');
    out + &elders(of)
}

fn payer(of: &server::simulate::OfPayer) -> String {
    of.payer.unit.as_ref().map_or_else(|| of.label.clone(), |unit| format!("{} {unit}", of.label))
}

fn benefits(of: &Simulated) -> String {
    let row = |b: &server::simulate::OfBenefit| {
        let label = format!("{}（{}）", b.label, kind_name(b.kind, Language::Chinese));
        let [label, now, then, difference] = yuan(&label, b.tally.amount);
        let (count_now, count_then) = (figures::grouped(b.tally.count_now), figures::grouped(b.tally.count_then));
        [label, count_now, count_then, now, then, difference]
    };
    let rows: Vec<_> = of.benefits.iter().map(row).collect();
    let [first, now, then, difference] = columns(words::BY_BENEFIT);
    let counts = [(words::COUNT_NOW, Align::Right), (words::COUNT_THEN, Align::Right)];
    table([first, counts[0], counts[1], now, then, difference], &rows)
}

fn canteens(of: &Simulated) -> String {
    let row = |c: &server::simulate::OfCanteen| {
        let [name, now, then, difference] = yuan(&c.name, c.amount);
        [name, figures::grouped(c.meals), now, then, difference]
    };
    let rows: Vec<_> = of.canteens.iter().map(row).collect();
    let [first, now, then, difference] = columns(words::BY_CANTEEN);
    table([first, (words::MEALS, Align::Right), now, then, difference], &rows)
}

fn elders(of: &Simulated) -> String {
    let row =
        |label: &str, elders: u64, amount: Fen| [label.to_owned(), figures::grouped(elders), figures::yuan(amount)];
    let elders = of.elders;
    let rows = [
        row(words::GAIN, elders.gain.elders, elders.gain.amount),
        row(words::LOSE, elders.lose.elders, elders.lose.amount),
        row(words::SAME, elders.same, Fen::ZERO),
    ];
    let head = [(words::ELDERS, Align::Left), (words::PEOPLE, Align::Right), (words::AMOUNT, Align::Right)];
    table(head, &rows)
}
