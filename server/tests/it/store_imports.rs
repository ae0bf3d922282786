//! The store's functions behind imports, on both databases.

use domain::calendar::UnixMs;
use domain::canteen::{CanteenFact, CanteenFactKind, Standing};
use domain::elder::{ElderFact, ElderFactKind};
use domain::id::{Digest, ElderId};
use domain::money::Fen;
use domain::sync::ListPrice;
use server::store::imports::{self, FactRow, ImportRow, Origin, Pieces};
use server::store::{canteens, elders, usage};
use support::Backend;

use crate::common::{World, date, noon, region};
use crate::rows::{canteen_row, elder_row, meal_row, n};
use crate::unit;

fn import_row(number: u128, state: &str) -> ImportRow {
    ImportRow {
        id: n(number),
        kind: "elders".into(),
        file_name: "名单.xlsx".into(),
        digest: Digest([3; 32]),
        size: 12,
        region: Some(region("440304")),
        elder_region: None,
        state: state.into(),
        result: None,
        made_by: None,
        made_at: noon().plus(i64::try_from(number).unwrap()),
        applied_by: None,
        applied_at: None,
    }
}

async fn imports_and_their_pieces(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let (one, two) = (import_row(1, "checking"), import_row(2, "checking"));
    let rows = (one.clone(), two.clone());
    unit!(store, |tx| {
        imports::alone(tx).await?;
        imports::add(tx, &rows.0).await?;
        imports::add(tx, &rows.1).await
    });
    assert_eq!(unit!(store, |tx| imports::get(tx, n(1)).await), Some(one.clone()));
    assert_eq!(unit!(store, |tx| imports::get(tx, n(9)).await), None);
    assert_eq!(unit!(store, |tx| imports::list(tx, None, 10).await), [two.clone(), one.clone()]);
    let last = two.id;
    assert_eq!(unit!(store, |tx| imports::list(tx, None, 1).await), [two]);
    assert_eq!(unit!(store, |tx| imports::list(tx, Some(last), 10).await), [one]);
    assert!(!unit!(store, |tx| imports::set_applied(tx, n(1), "{}", None, noon()).await), "not checked yet");
    for begun in 1..=2 {
        assert_eq!(unit!(store, |tx| imports::check_begun(tx, n(1)).await), Some(begun));
    }
    unit!(store, |tx| imports::check_failed(tx, n(1)).await);
    assert_eq!(unit!(store, |tx| imports::check_begun(tx, n(1)).await), Some(1));
    assert!(unit!(store, |tx| imports::checked(tx, n(1), "checked", "{}").await));
    assert_eq!(unit!(store, |tx| imports::check_begun(tx, n(1)).await), Some(1), "that one came to an end");
    assert_eq!(unit!(store, |tx| imports::check_begun(tx, n(9)).await), None);
    assert_eq!(unit!(store, |tx| imports::applied(tx, "elders", Digest([3; 32])).await), None);
    assert!(unit!(store, |tx| imports::set_applied(tx, n(1), "{\"a\":1}", None, noon()).await));
    assert!(!unit!(store, |tx| imports::set_applied(tx, n(1), "{}", None, noon()).await), "once");
    assert!(!unit!(store, |tx| imports::checked(tx, n(1), "checked", "{}").await));
    assert_eq!(unit!(store, |tx| imports::applied(tx, "elders", Digest([3; 32])).await), Some(noon()));
    assert_eq!(unit!(store, |tx| imports::applied(tx, "deaths", Digest([3; 32])).await), None);
    for text in
        ["UPDATE imports SET result = '' WHERE state = 'applied'", "DELETE FROM imports WHERE state = 'applied'"]
    {
        let tried = store.write(move |tx| Box::pin(async move { server::sql!(tx, text).execute().await })).await;
        assert!(tried.unwrap_err().to_string().contains("append-only"));
    }
    unit!(store, |tx| {
        imports::add_piece(tx, Pieces::File, n(1), 0, &[1, 2]).await?;
        imports::add_piece(tx, Pieces::Problems, n(1), 0, &[3]).await
    });
    assert_eq!(unit!(store, |tx| imports::piece(tx, Pieces::File, n(1), 0).await), Some(vec![1, 2]));
    assert_eq!(unit!(store, |tx| imports::piece(tx, Pieces::File, n(1), 1).await), None);
    assert_eq!(unit!(store, |tx| imports::piece(tx, Pieces::Problems, n(1), 0).await), Some(vec![3]));
    assert_eq!(unit!(store, |tx| imports::kept_before(tx, noon().plus(2), 9).await), [n(1)]);
    assert!(unit!(store, |tx| imports::kept_before(tx, noon().plus(1), 9).await).is_empty());
    unit!(store, |tx| imports::forget_problems(tx, n(1)).await);
    assert_eq!(unit!(store, |tx| imports::piece(tx, Pieces::Problems, n(1), 0).await), None);
    unit!(store, |tx| imports::forget_file(tx, n(1)).await);
    assert_eq!(unit!(store, |tx| imports::piece(tx, Pieces::File, n(1), 0).await), None);
    assert!(unit!(store, |tx| imports::kept_before(tx, noon().plus(99), 9).await).is_empty());
}

async fn what_lists_bring(backend: Backend) {
    let world = World::new(backend).await;
    let store = &world.office().store;
    let (here, import) = (canteen_row(1, "440304001"), import_row(1, "checking"));
    let home = here.id;
    let origin = || Origin { import: n(1), place: "名单!3".into() };
    let rows = [(elder_row(1, None), origin()), (elder_row(2, Some(home)), origin())];
    let kept = rows.clone();
    unit!(store, |tx| {
        imports::add(tx, &import).await?;
        canteens::add(tx, &here).await?;
        imports::add_elders(tx, &rows).await
    });
    let ids: Vec<ElderId> = kept.iter().map(|(row, _)| row.id).collect();
    let [one, two] = [ids[0], ids[1]];
    let digests: Vec<Digest> = kept.iter().map(|(row, _)| row.resident_id_digest).chain([Digest([9; 32])]).collect();
    let mut found = unit!(store, |tx| imports::elders(tx, &digests).await);
    found.sort_by_key(|row| row.id);
    assert_eq!(found, [kept[0].0.clone(), kept[1].0.clone()]);
    assert_eq!(unit!(store, |tx| imports::elders(tx, &[]).await), []);

    let kind = ElderFactKind::Death { dead: true };
    let fact = ElderFact { valid_from: date("2026-03-01"), known_from: noon(), kind };
    let facts = vec![FactRow { elder: one, number: 7, fact: fact.clone(), origin: origin() }];
    unit!(store, |tx| imports::add_elder_facts(tx, &facts, None).await);
    let last = unit!(store, |tx| imports::last_facts(tx, &[one, two]).await);
    assert_eq!(last.into_iter().collect::<Vec<_>>(), [(one, 7)]);
    assert_eq!(unit!(store, |tx| elders::for_rules(tx, &[one]).await)[&one].facts, [fact]);
    unit!(store, |tx| imports::touch(tx, &[one], UnixMs::new(77)).await);
    unit!(store, |tx| imports::set_phone(tx, one, &[4, 5], Digest([6; 32])).await);
    unit!(store, |tx| imports::set_canteen(tx, one, home).await);
    let row = unit!(store, |tx| elders::get(tx, one).await).unwrap();
    assert_eq!(
        (row.changed_at, row.phone, row.phone_digest),
        (UnixMs::new(77), Some(vec![4, 5]), Some(Digest([6; 32])))
    );
    assert_eq!(row.registered_canteen, Some(home));

    unit!(store, |tx| usage::add(tx, &[meal_row(11, home, "2026-03-02", 5), meal_row(12, home, "2026-02-02", 5)])
        .await);
    let meals = unit!(store, |tx| imports::meal_days(tx, &[one, two], date("2026-03-01")).await);
    assert_eq!(meals, [(one, home, date("2026-03-02"))]);

    let standing = CanteenFactKind::Standing { standing: Standing::default() };
    let fact = CanteenFact { valid_from: date("2026-03-01"), known_from: noon(), kind: standing };
    let price = ListPrice { valid_from: date("2026-03-01"), period: "lunch".parse().unwrap(), price: Fen::new(1500) };
    let (said, listed) = (fact.clone(), price.clone());
    unit!(store, |tx| {
        imports::mark_canteen(tx, home, &origin()).await?;
        imports::add_canteen_fact(tx, home, &fact, None, &origin()).await?;
        imports::add_price(tx, home, &price, (noon(), None), &origin()).await
    });
    assert_eq!(unit!(store, |tx| canteens::facts(tx, home).await), [said]);
    assert_eq!(unit!(store, |tx| canteens::prices(tx, home).await), [listed]);
    for table in ["elders", "elder_facts", "canteens", "canteen_facts", "prices"] {
        let text = format!("SELECT DISTINCT import_place FROM {table} WHERE import_id IS NOT NULL");
        let places = unit!(store, |tx| server::store::Statement::built(tx, text, vec![]).values::<String>().await);
        assert_eq!(places, ["名单!3"], "{table}");
    }
    assert_eq!(unit!(store, |tx| canteens::all(tx).await).len(), 1);
}

crate::on_both! {
    imports_and_their_pieces
    what_lists_bring
}
