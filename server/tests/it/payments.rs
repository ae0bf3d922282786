//! From an approved month to an archived one: disclosure, objections, payments by two people, and the books behind them.

use domain::id::{ObjectionId, StatementId, UserId};
use domain::ledger::Account;
use domain::money::Fen;
use domain::settlement::payment::{PaymentState, Stage};
use server::Error;
use server::payment;
use server::statements::bank_batch;
use server::store::{ledger, payments};
use server::words::Code;
use support::Backend;
use uuid::Uuid;

use crate::common::{date, region};
use crate::month::{MARCH, Scene};
use crate::unit;

/// March, approved; April goes on.
struct Paying {
    scene: Scene,
    statements: [StatementId; 2],
}

fn month() -> domain::calendar::Month {
    MARCH.parse().unwrap()
}

fn objection(n: u128) -> ObjectionId {
    ObjectionId::from_uuid(Uuid::from_u128(n))
}

impl Paying {
    async fn new(backend: Backend) -> Self {
        let mut scene = Scene::new(backend).await;
        scene.march().await;
        let (view, _) = scene.draft(MARCH).await.unwrap();
        scene.submit(MARCH, scene.maker).await.unwrap();
        scene.approve(MARCH, scene.checker, view.settlement.digest).await.unwrap();
        let of = |n| view.statements.iter().find(|s| s.canteen == scene.canteen(n)).unwrap().id;
        let statements = [of(0), of(1)];
        Self { scene, statements }
    }

    fn today(&self, day: &str) {
        self.scene.world.clock.set(date(day).at_minute(600));
    }

    async fn disclose(&self, days: i64) -> Result<Stage, Error> {
        let office = self.scene.world.office();
        let by = self.scene.maker.user;
        payment::disclose(&office.store, &region("440304"), month(), days, by, office.now()).await.map(|v| v.stage)
    }

    async fn stage(&self) -> Stage {
        let office = self.scene.world.office();
        let read = office.store.read(|tx| {
            Box::pin(async move { payment::afterwards(tx, &region("440304"), month()).await.map(|view| view.stage) })
        });
        read.await.unwrap()
    }

    async fn all_sent(&self) -> bool {
        let office = self.scene.world.office();
        let read = office.store.read(|tx| {
            Box::pin(
                async move { payment::afterwards(tx, &region("440304"), month()).await.map(|view| view.all_sent()) },
            )
        });
        read.await.unwrap()
    }

    async fn note(&self, which: usize, state: PaymentState, by: UserId) -> Result<(), Error> {
        let office = self.scene.world.office();
        let reference = "回单 0001".to_owned();
        payment::note(&office.store, self.statements[which], state, reference, by, office.now()).await
    }

    async fn object(&self, n: u128, which: usize, by: UserId) -> Result<(), Error> {
        let office = self.scene.world.office();
        let content = "餐数少计两餐".to_owned();
        payment::object(&office.store, objection(n), self.statements[which], content, by, office.now()).await
    }

    async fn decide(&self, n: u128, upheld: bool, by: UserId) -> Result<(), Error> {
        let office = self.scene.world.office();
        payment::decide_objection(&office.store, objection(n), upheld, "已核对".to_owned(), by, office.now()).await
    }

    async fn lift(&self, n: u128, by: UserId) -> Result<(), Error> {
        let office = self.scene.world.office();
        payment::lift_objection(&office.store, objection(n), "已补记".to_owned(), by, office.now()).await
    }

    async fn archive(&self) -> Result<Stage, Error> {
        let office = self.scene.world.office();
        let by = self.scene.checker.user;
        payment::archive(&office.store, &region("440304"), month(), by, office.now()).await.map(|v| v.stage)
    }

    /// The bank batch as it would be made now.
    async fn asked(&self) -> Result<Vec<Fen>, Error> {
        let office = std::sync::Arc::clone(self.scene.world.office());
        let (kept, today) = (std::sync::Arc::clone(&office), office.now().local_date());
        let read = office.store.read(move |tx| {
            Box::pin(async move { bank_batch(tx, &region("440304"), month(), &kept.keys, today).await })
        });
        Ok(read.await?.into_iter().map(|payment| payment.amount).collect())
    }

    /// The amounts of the bank batch as it would be made now.
    async fn batch(&self) -> Vec<Fen> {
        self.asked().await.unwrap()
    }

    /// What is still payable and what has left the bank, over all accounts.
    async fn books(&self) -> [Fen; 2] {
        let store = &self.scene.world.office().store;
        let read = store.read(|tx| Box::pin(async move { ledger::trial_balance(tx, &region("440304")).await }));
        let (mut payable, mut bank) = (Fen::ZERO, Fen::ZERO);
        for (account, turnover) in read.await.unwrap() {
            match account {
                Account::Payable { .. } => payable += turnover.balance(),
                Account::Bank { .. } => bank += turnover.balance(),
                Account::Grant { .. } | Account::Held { .. } | Account::Demanded { .. } => {}
            }
        }
        [payable, bank]
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    match result {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

async fn a_month_is_disclosed_paid_and_archived(backend: Backend) {
    let paying = Paying::new(backend).await;
    let (maker, checker) = (paying.scene.maker.user, paying.scene.checker.user);
    assert_eq!(paying.stage().await, Stage::Approved);
    paying.today("2026-04-11");
    assert_eq!(code(paying.note(0, PaymentState::Sent, maker).await), Code::Conflict, "not disclosed");
    assert_eq!(code(paying.asked().await), Code::Conflict, "no batch for the bank either");
    assert_eq!(code(paying.disclose(0).await), Code::Invalid);
    assert_eq!(paying.disclose(5).await.unwrap(), Stage::Disclosed);
    assert_eq!(code(paying.disclose(5).await), Code::Conflict, "disclosed once");
    paying.today("2026-04-15");
    assert_eq!(code(paying.note(0, PaymentState::Sent, maker).await), Code::Conflict, "the fifth day");
    let Err(Error::Refused(refusal)) = paying.asked().await else { panic!("a batch on the fifth day") };
    assert_eq!(refusal.detail, "公示到4月15日为止，期满后才能拨付");
    paying.today("2026-04-16");
    let before = paying.books().await;
    assert_eq!(paying.batch().await.iter().sum::<Fen>(), before[0], "everything payable is in the first batch");
    for which in [0, 1] {
        paying.note(which, PaymentState::Sent, maker).await.unwrap();
        assert_eq!(code(paying.note(which, PaymentState::Sent, checker).await), Code::Conflict, "sent once");
        assert_eq!(code(paying.note(which, PaymentState::Confirmed, maker).await), Code::Forbidden, "a second person");
    }
    assert_eq!(paying.books().await, before, "sent is not arrived");
    assert_eq!(paying.batch().await, [], "what is on its way is in no second batch");
    paying.note(0, PaymentState::Confirmed, checker).await.unwrap();
    paying.note(1, PaymentState::Returned, checker).await.unwrap();
    assert_eq!(paying.stage().await, Stage::Disclosed);
    assert_eq!(paying.batch().await.len(), 1, "what came back goes out again");
    assert_eq!(code(paying.archive().await), Code::Conflict, "one came back");
    paying.note(1, PaymentState::Sent, maker).await.unwrap();
    paying.note(1, PaymentState::Confirmed, checker).await.unwrap();
    assert_eq!(paying.books().await, [Fen::ZERO, before[0]], "everything payable has left the bank");
    assert_eq!(paying.stage().await, Stage::Paid);
    assert_eq!(paying.archive().await.unwrap(), Stage::Archived);
    assert_eq!(code(paying.note(0, PaymentState::Returned, checker).await), Code::Conflict, "archived for good");
    assert!(paying.scene.verify().await.breaks.is_empty());
}

async fn nothing_is_paid_to_an_account_that_one_person_typed(backend: Backend) {
    let paying = Paying::new(backend).await;
    let office = paying.scene.world.office();
    paying.today("2026-04-11");
    paying.disclose(1).await.unwrap();
    paying.today("2026-04-12");
    let canteen = paying.scene.canteen(0);
    unit!(office.store, |tx| {
        server::sql!(tx, "UPDATE canteens SET payee_checked = $2 WHERE id = $1", canteen, false).execute().await
    });
    let Err(Error::Refused(refusal)) = paying.asked().await else {
        panic!("a batch with an account nobody has looked at")
    };
    assert!(refusal.code == Code::Conflict && refusal.detail.contains("待审事项"), "{}", refusal.detail);
    let maker = paying.scene.maker.user;
    assert_eq!(code(paying.note(0, PaymentState::Sent, maker).await), Code::Conflict);
    paying.note(1, PaymentState::Sent, maker).await.unwrap();
}

async fn an_upheld_objection_holds_one_canteens_payment(backend: Backend) {
    let paying = Paying::new(backend).await;
    let (maker, checker) = (paying.scene.maker.user, paying.scene.checker.user);
    paying.today("2026-04-11");
    assert_eq!(code(paying.object(1, 0, maker).await), Code::Conflict, "not disclosed");
    paying.disclose(3).await.unwrap();
    paying.object(1, 0, maker).await.unwrap();
    paying.object(2, 1, maker).await.unwrap();
    assert_eq!(code(paying.decide(1, true, maker).await), Code::Forbidden, "a second person decides");
    assert_eq!(code(paying.decide(9, true, checker).await), Code::NotFound);
    paying.decide(1, true, checker).await.unwrap();
    assert_eq!(code(paying.decide(1, false, checker).await), Code::Conflict, "decided once");
    paying.today("2026-04-14");
    assert_eq!(code(paying.object(3, 0, maker).await), Code::Conflict, "too late");
    assert_eq!(code(paying.note(1, PaymentState::Sent, maker).await), Code::Conflict, "open objection");
    paying.decide(2, false, checker).await.unwrap();
    assert_eq!(code(paying.note(0, PaymentState::Sent, maker).await), Code::Conflict, "held");
    assert_eq!(paying.batch().await.len(), 1, "a held payment is in no batch");
    assert!(!paying.all_sent().await);
    paying.note(1, PaymentState::Sent, maker).await.unwrap();
    assert!(paying.all_sent().await, "what is held is not waited for");
    paying.note(1, PaymentState::Confirmed, checker).await.unwrap();
    assert!(!paying.all_sent().await, "nothing is on its way any more");
    assert_eq!(paying.archive().await.unwrap(), Stage::Archived, "a held payment is settled by its decision");
}

/// What an upheld objection holds is not lost: when it is seen to, another person lifts it, before the archive or after,
/// and the payment goes its way.
async fn what_an_upheld_objection_held_is_paid_when_it_is_seen_to(backend: Backend) {
    for archived in [false, true] {
        let paying = Paying::new(backend).await;
        let (maker, checker) = (paying.scene.maker.user, paying.scene.checker.user);
        paying.today("2026-04-11");
        paying.disclose(3).await.unwrap();
        paying.object(1, 0, maker).await.unwrap();
        assert_eq!(code(paying.lift(1, checker).await), Code::Conflict, "nothing is decided");
        paying.decide(1, true, checker).await.unwrap();
        paying.today("2026-04-14");
        paying.note(1, PaymentState::Sent, maker).await.unwrap();
        paying.note(1, PaymentState::Confirmed, checker).await.unwrap();
        if archived {
            paying.archive().await.unwrap();
        }
        assert_eq!(code(paying.note(0, PaymentState::Sent, maker).await), Code::Conflict, "held");
        assert_eq!(code(paying.lift(1, checker).await), Code::Forbidden, "who upheld it does not lift it");
        assert_eq!(code(paying.lift(9, maker).await), Code::NotFound);
        paying.lift(1, maker).await.unwrap();
        assert_eq!(code(paying.lift(1, maker).await), Code::Conflict, "once");
        let owed = paying.books().await;
        assert_eq!(paying.batch().await.len(), 1, "it is in the next batch");
        assert_eq!(paying.stage().await, if archived { Stage::Archived } else { Stage::Disclosed });
        if archived {
            assert_eq!(code(paying.note(1, PaymentState::Returned, maker).await), Code::Conflict, "others are closed");
        }
        paying.note(0, PaymentState::Sent, maker).await.unwrap();
        paying.note(0, PaymentState::Confirmed, checker).await.unwrap();
        assert_ne!(paying.books().await, owed);
        if !archived {
            assert_eq!(paying.archive().await.unwrap(), Stage::Archived);
        }
        assert_eq!(paying.scene.verify().await.breaks, []);
        crate::rows::append_only(&paying.scene.world.office().store, "objection_lifts").await;
    }
}

async fn of_two_who_send_one_is_told(backend: Backend) {
    let paying = Paying::new(backend).await;
    paying.today("2026-04-11");
    paying.disclose(1).await.unwrap();
    paying.today("2026-04-12");
    let (maker, checker) = (paying.scene.maker.user, paying.scene.checker.user);
    let both = tokio::join!(paying.note(0, PaymentState::Sent, maker), paying.note(0, PaymentState::Sent, checker));
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    let (store, statement) = (&paying.scene.world.office().store, paying.statements[0]);
    let noted = store.read(move |tx| Box::pin(async move { payments::of_statement(tx, statement).await }));
    assert_eq!(noted.await.unwrap().len(), 1);
}

crate::on_both! {
    a_month_is_disclosed_paid_and_archived
    nothing_is_paid_to_an_account_that_one_person_typed
    an_upheld_objection_holds_one_canteens_payment
    what_an_upheld_objection_held_is_paid_when_it_is_seen_to
    of_two_who_send_one_is_told
}
