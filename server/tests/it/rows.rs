//! Rows for the store's contract, and how its tests run.

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, ElderId, RecordId, TerminalId};
use server::store::canteens::CanteenRow;
use server::store::elders::ElderRow;
use server::store::usage::MealRow;
use server::store::{Json, Store};
use uuid::Uuid;

use crate::common::{date, region};

/// Runs statements in one write unit.
#[macro_export]
macro_rules! unit {
    ($store:expr, |$tx:ident| $work:expr) => {
        $store.write(move |$tx| Box::pin(async move { $work })).await.unwrap()
    };
}

pub fn n(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub fn canteen_row(number: u128, place: &str) -> CanteenRow {
    CanteenRow {
        id: CanteenId::from_uuid(n(number)),
        region: region(place),
        name: format!("食堂{number}"),
        operator: "测试餐饮有限公司".into(),
        credit_code: "91350100M000100Y43".into(),
        address: String::new(),
        phone: "82000000".into(),
        bank: "测试银行".into(),
        account_name: "测试餐饮有限公司".into(),
        account: vec![1, 2, 3],
        capacity: None,
        created_at: UnixMs::new(5),
        payee_checked: true,
    }
}

pub fn elder_row(number: u128, canteen: Option<CanteenId>) -> ElderRow {
    ElderRow {
        id: ElderId::from_uuid(n(number)),
        region: region("440304"),
        name: "测试长者".into(),
        sort_key: format!("z {number}"),
        female: number.is_multiple_of(2),
        birth: date("1946-01-01"),
        resident_id: vec![9],
        resident_id_digest: Digest([u8::try_from(number % 251).unwrap(); 32]),
        phone: None,
        phone_digest: None,
        registered_canteen: canteen,
        registered_at: UnixMs::new(5),
        changed_at: UnixMs::new(5),
    }
}

/// Neither changed nor removed, whatever the program tries.
pub async fn append_only(store: &Store, table: &'static str) {
    let column = match table {
        "records" | "quarantine" => "received_at",
        "policies" | "draws" => "announced_at",
        "draw_outcomes" => "drawn_at",
        "draw_results" | "demand_receipts" | "backup_notes" => "noted_at",
        "demands" | "budgets" => "approved_at",
        "month_explanations" => "explained_at",
        "canteen_closures" => "closed_at",
        "calendar_versions" => "published_at",
        "refund_entries" => "listed_at",
        "audit"
        | "refund_payments"
        | "finding_steps"
        | "month_finding_steps"
        | "attachments"
        | "corrections"
        | "account_reasons"
        | "former_capacities"
        | "former_names" => "at",
        "month_claims" => "version",
        "objection_lifts" => "lifted_at",
        "journal_breaks" => "sequence",
        "identifications" => "identified_at",
        "fork_resolutions" | "hold_releases" => "decided_at",
        "witnessed_heads" => "next",
        _ => "known_from",
    };
    for text in [format!("UPDATE {table} SET {column} = 0"), format!("DELETE FROM {table}")] {
        let tried = store
            .write(move |tx| Box::pin(async move { server::store::Statement::built(tx, text, vec![]).execute().await }))
            .await;
        let words = tried.unwrap_err().to_string();
        assert!(words.contains("append-only"), "{table}: {words}");
    }
}

pub fn meal_row(number: u128, canteen: CanteenId, day: &str, changed: i64) -> MealRow {
    MealRow {
        elder: ElderId::from_uuid(n(1)),
        record: RecordId::from_uuid(n(number)),
        canteen,
        terminal: TerminalId::from_uuid(n(5)),
        epoch: 1,
        sequence: 3,
        date: date(day),
        period: "lunch".parse().unwrap(),
        at: date(day).at_minute(700),
        policy: Some("test".into()),
        lines: Json(Vec::new()),
        outcome: "accepted".into(),
        voided_by: None,
        frozen_by: None,
        changed_at: UnixMs::new(changed),
    }
}
