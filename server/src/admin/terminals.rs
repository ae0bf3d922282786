//! Enrolment of terminals and its end.

use std::net::IpAddr;
use std::sync::Arc;

use domain::calendar::UnixMs;
use domain::id::{CanteenId, Digest, TerminalId, UserId};
use domain::sync::KnownTerminal;

use crate::audit::{Act, Action};
use crate::ingest::judge::Origin;
use crate::store::epochs::{self, EndRow};
use crate::store::records::Journal;
use crate::store::terminals::{self, CodeRow, TerminalRow};
use crate::store::{Tx, audit, canteens, demands, records};
use crate::words::{self, Code, demands as demand_words, register, terminals as terminals_words};
use crate::{Error, Office, Refusal, ingest};

/// An enrolment code is good for so long, ms.
const CODE_MS: i64 = 10 * 60 * 1000;
/// Digits and letters that are not taken for one another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LENGTH: usize = 10;
/// What a terminal said longer ago than this says nothing of what it holds now, ms.
const HEARD_LATELY_MS: i64 = 5 * 60 * 1000;

/// A one-time code that lets one terminal in.
#[derive(Clone, Debug)]
pub struct EnrolmentCode {
    /// As it is read out: two groups of five.
    pub code: String,
    /// Until when it is good, unix ms.
    pub expires: UnixMs,
}

async fn required(tx: &mut Tx, id: TerminalId) -> Result<TerminalRow, Error> {
    let row = terminals::get(tx, id).await?;
    row.ok_or_else(|| Error::refused(Code::NotFound, register::NO_TERMINAL))
}

/// A terminal that is known by its key, unless it is out of service.
fn in_service(row: TerminalRow) -> Result<TerminalRow, Error> {
    match row.revoked_at {
        None => Ok(row),
        Some(_) => Err(Error::refused(Code::TerminalRevoked, words::TERMINAL_REVOKED)),
    }
}

/// An epoch that the office has heard of.
async fn known_epoch(tx: &mut Tx, id: TerminalId, epoch: u32) -> Result<(Journal, TerminalRow), Error> {
    let row = required(tx, id).await?;
    let journal = Journal { canteen: row.canteen, terminal: id, epoch };
    let known = terminals::epochs(tx, row.canteen, id).await?.iter().any(|e| e.epoch == epoch)
        || records::waiting_epochs(tx, row.canteen, id).await?.contains(&epoch);
    if known { Ok((journal, row)) } else { Err(Error::refused(Code::NotFound, terminals_words::NO_EPOCH)) }
}

/// Whether a terminal that was let in before may come under its old name, with a code for this canteen.
async fn may_come_back(tx: &mut Tx, known: KnownTerminal, canteen: CanteenId) -> Result<(), Error> {
    if known.canteen != canteen {
        return Err(Error::refused(Code::Conflict, terminals_words::OTHER_CANTEEN));
    }
    if terminals::get(tx, known.terminal).await?.is_some() {
        return Err(Error::refused(Code::Conflict, terminals_words::NAME_IN_USE));
    }
    Ok(())
}

impl Office {
    /// Gives out a one-time code for a canteen.
    pub async fn issue_enrolment_code(&self, canteen: CanteenId, by: Option<UserId>) -> Result<EnrolmentCode, Error> {
        let now = self.now();
        let mut random = [0_u8; CODE_LENGTH];
        self.entropy.fill(&mut random);
        let digits: String = random.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
        let expires = now.plus(CODE_MS);
        let hash = self.code_hash(&digits);
        let row = CodeRow { hash, canteen, issued_at: now, expires_at: expires, issued_by: by, used_by: None };
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    super::canteens::hold(tx, canteen).await?;
                    if demands::closure(tx, canteen).await?.is_some() {
                        return Err(Error::refused(Code::Conflict, demand_words::NO_TILLS));
                    }
                    terminals::add_code(tx, &row).await?;
                    Act::new(by, Action::TerminalCode, format!("canteen:{canteen}")).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(EnrolmentCode { code: format!("{}-{}", &digits[..5], &digits[5..]), expires })
    }

    /// Takes a terminal up with a code, or knows it again by its key, whatever the code. It serves nobody until it is
    /// confirmed.
    ///
    /// One that says who it is keeps that name: the office was restored from a backup older than its enrolment, and the
    /// records that it holds stand under it. Only a name that nobody has, and with a code for that terminal's canteen.
    ///
    /// Anybody may ask. So key and code are looked up before anything is written, and wrong ones are counted by address.
    pub async fn enrol_from(
        &self,
        address: Option<IpAddr>,
        code: &str,
        public_key: Digest,
        known: Option<KnownTerminal>,
    ) -> Result<TerminalRow, Error> {
        let (now, hash) = (self.now(), self.code_hash(code));
        if let Some(seconds) = address.and_then(|address| self.enrolments.held_up(address, 0, now)) {
            let mut refusal = Refusal::new(Code::LookupLimit, terminals_words::TOO_MANY_CODES);
            refusal.retry_after = Some(seconds);
            return Err(refusal.into());
        }
        let read = self.store.read(move |tx| {
            Box::pin(async move {
                let row = terminals::by_key(tx, public_key).await?;
                Ok((row, terminals::good_code(tx, hash, now).await?.is_some()))
            })
        });
        match read.await? {
            (Some(row), _) => in_service(row),
            (None, true) => self.enrol(code, public_key, known).await,
            (None, false) => {
                if let Some(address) = address {
                    self.enrolments.failed(address, hash, now);
                }
                Err(Error::refused(Code::CodeInvalid, words::CODE_INVALID))
            }
        }
    }

    /// As [`Office::enrol_from`], for who is not to be held up.
    pub async fn enrol(
        &self,
        code: &str,
        public_key: Digest,
        known: Option<KnownTerminal>,
    ) -> Result<TerminalRow, Error> {
        let now = self.now();
        let hash = self.code_hash(code);
        let id = known.map_or_else(|| TerminalId::generate(now, &*self.entropy), |known| known.terminal);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    if let Some(known) = terminals::by_key(tx, public_key).await? {
                        return in_service(known);
                    }
                    let wrong = || Error::refused(Code::CodeInvalid, words::CODE_INVALID);
                    let canteen = terminals::good_code(tx, hash, now).await?.ok_or_else(wrong)?;
                    super::canteens::hold(tx, canteen).await?;
                    if demands::closure(tx, canteen).await?.is_some() {
                        return Err(Error::refused(Code::Conflict, demand_words::NO_TILLS));
                    }
                    if let Some(known) = known {
                        may_come_back(tx, known, canteen).await?;
                    }
                    let row = TerminalRow {
                        id,
                        canteen,
                        public_key,
                        enrolled_at: now,
                        revoked_at: None,
                        seen_at: None,
                        software: None,
                        unsent: None,
                        confirmed_at: None,
                        retired_at: None,
                    };
                    terminals::add(tx, &row).await?;
                    // Two terminals with one code at the same time: the second finds it used, and nothing is kept.
                    if !terminals::use_code(tx, hash, id).await? {
                        return Err(wrong());
                    }
                    let act = Act::new(id, Action::TerminalEnrol, format!("canteen:{canteen}"));
                    let act = if known.is_some() { act.with("again", true) } else { act };
                    act.done(tx, now).await?;
                    Ok(row)
                })
            })
            .await
    }

    /// Lets a terminal in whose fingerprint somebody has compared, another person than who gave out its code. Says whether it was not in until now.
    pub async fn confirm_terminal(&self, id: TerminalId, fingerprint: &str, by: Option<UserId>) -> Result<bool, Error> {
        let now = self.now();
        let plain = |text: &str| text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase();
        let shown = plain(fingerprint);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let row = required(tx, id).await?;
                    if plain(&row.fingerprint()) != shown {
                        return Err(Error::refused(Code::FingerprintDiffers, terminals_words::FINGERPRINT));
                    }
                    if row.revoked_at.is_some() {
                        return Err(Error::refused(Code::TerminalRevoked, words::TERMINAL_REVOKED));
                    }
                    if by.is_some() && terminals::issuer(tx, id).await? == by {
                        return Err(Error::refused(Code::SecondPerson, terminals_words::OTHER_THAN_ISSUER));
                    }
                    let confirmed = terminals::confirm(tx, id, by, now).await?;
                    let act = Act::new(by, Action::TerminalConfirm, format!("terminal:{id}"));
                    act.with("new", confirmed).done(tx, now).await.map(|_| confirmed)
                })
            })
            .await
    }

    /// Takes a terminal out of service in good order: when the office has everything that it says it has, and it said so
    /// a moment ago. One that never said anything was never told a price and sold nothing. Says whether it was in
    /// service until now.
    pub async fn retire_terminal(&self, id: TerminalId, by: Option<UserId>) -> Result<bool, Error> {
        let now = self.now();
        // What it said last is what counts.
        self.noted().await;
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let row = required(tx, id).await?;
                    let act = Act::new(by, Action::TerminalRetire, format!("terminal:{id}"));
                    if row.revoked_at.is_some() {
                        return act.with("new", false).done(tx, now).await.map(|_| false);
                    }
                    let row = terminals::hold(tx, id).await?.unwrap_or(row);
                    let refused = |detail: String| Err(Error::refused(Code::RecordsUnsent, detail));
                    if let Some(unsent) = row.unsent.filter(|unsent| *unsent > 0) {
                        return refused(terminals_words::unsent(unsent));
                    }
                    if row.seen_at.is_some_and(|seen| seen.plus(HEARD_LATELY_MS) < now) {
                        return Err(Error::refused(Code::TerminalSilent, terminals_words::SILENT));
                    }
                    let incomplete = terminals::incomplete(tx, row.canteen, id).await?;
                    if !incomplete.is_empty() {
                        return refused(terminals_words::incomplete(&incomplete));
                    }
                    terminals::revoke(tx, id, now).await?;
                    terminals::retired(tx, id, now).await?;
                    act.with("new", true).done(tx, now).await.map(|_| true)
                })
            })
            .await
    }

    /// Asks for the end of an epoch whose journal is gone; another person has to confirm it.
    pub async fn ask_epoch_end(&self, id: TerminalId, epoch: u32, reason: String, by: UserId) -> Result<EndRow, Error> {
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let journal = known_epoch(tx, id, epoch).await?.0;
                    if !epochs::ask_end(tx, journal, &reason, by, now).await? {
                        return Err(Error::refused(Code::Conflict, terminals_words::ENDED_ALREADY));
                    }
                    let act = Act::new(by, Action::EpochEndAsk, format!("terminal:{id}")).with("epoch", epoch);
                    act.done(tx, now).await?;
                    epochs::end(tx, journal).await?.ok_or_else(|| Error::Internal("the end vanished".to_owned()))
                })
            })
            .await
    }

    /// Ends an epoch that another person asked to end: what waits behind its gaps gets its outcome, and the epoch ends
    /// at the last sequence that is held.
    pub async fn confirm_epoch_end(&self, id: TerminalId, epoch: u32, by: UserId) -> Result<EndRow, Error> {
        let (now, rules) = (self.now(), Arc::clone(&self.rules));
        let work = self.store.write_long(move |tx| {
            Box::pin(async move {
                audit::hold(tx).await?;
                let (journal, row) = known_epoch(tx, id, epoch).await?;
                let asked = epochs::end(tx, journal).await?;
                let asked = asked.ok_or_else(|| Error::refused(Code::Conflict, terminals_words::END_NOT_ASKED))?;
                if asked.confirmed_at.is_some() {
                    return Err(Error::refused(Code::Conflict, terminals_words::ENDED_ALREADY));
                }
                if asked.asked_by == by {
                    return Err(Error::refused(Code::SecondPerson, terminals_words::SECOND_PERSON));
                }
                let origin = Origin { journal, key: row.public_key };
                let next = ingest::settle_rest(tx, origin, &rules, now).await?;
                let missing = epochs::missing(tx, journal, next).await?;
                epochs::confirm_end(tx, journal, next, missing, by, now).await?;
                let act = Act::new(by, Action::EpochEnd, format!("terminal:{id}")).with("epoch", epoch);
                act.with("next", next).with("missing", missing).done(tx, now).await?;
                epochs::end(tx, journal).await?.ok_or_else(|| Error::Internal("the end vanished".to_owned()))
            })
        });
        let ended = work.await?;
        self.changed.notify_one();
        Ok(ended)
    }

    /// Writes down what was decided about a fork. Says whether it was undecided until now.
    pub async fn resolve_fork(
        &self,
        id: TerminalId,
        place: (u32, u64),
        reason: String,
        by: UserId,
    ) -> Result<bool, Error> {
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    let row = required(tx, id).await?;
                    let canteen = canteens::get(tx, row.canteen).await?;
                    let unknown = || Error::refused(Code::NotFound, terminals_words::NO_FORK);
                    let canteen = canteen.ok_or_else(unknown)?;
                    let forks = epochs::forks(tx, &canteen.region).await?;
                    let fork = forks.iter().find(|f| f.terminal == id && (f.epoch, f.sequence) == place);
                    let resolved = epochs::resolve(tx, fork.ok_or_else(unknown)?, &reason, by, now).await?;
                    let act = Act::new(by, Action::ForkResolve, format!("terminal:{id}")).with("epoch", place.0);
                    act.with("sequence", place.1).done(tx, now).await.map(|_| resolved)
                })
            })
            .await
    }

    /// Takes a terminal out of service; says whether it was in service until now. What it sends beyond what the office
    /// holds now is disputed.
    pub async fn revoke_terminal(&self, id: TerminalId, by: Option<UserId>) -> Result<bool, Error> {
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    required(tx, id).await?;
                    let revoked = terminals::revoke(tx, id, now).await?;
                    let act = Act::new(by, Action::TerminalRevoke, format!("terminal:{id}"));
                    act.with("new", revoked).done(tx, now).await.map(|_| revoked)
                })
            })
            .await
    }

    /// The digest of a code as people type it: in any case, with or without the dash, O for 0 and I or L for 1.
    fn code_hash(&self, code: &str) -> Digest {
        let plain = |c: char| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        let digits: String = code.chars().filter(char::is_ascii_alphanumeric).map(plain).collect();
        self.keys.digest("enrolment-code", &digits)
    }
}
