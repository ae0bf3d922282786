//! Signing in: passphrase, second factor, sessions that end by themselves, and proof before money moves.
//!
//! Failures hold up whoever fails ([`super::tries`]). An administrator gives the way back: a one-time passphrase
//! ([`Office::reset_person`]).

use std::net::IpAddr;

use domain::calendar::UnixMs;
use domain::id::{Digest, UserId};
use serde::Serialize;
use zeroize::Zeroizing;

use super::tries::Whence;
use super::valid;
use crate::audit::{Act, Action};
use crate::notes::Batch;
use crate::people::Role;
use crate::seal::Place;
use crate::store::Tx;
use crate::store::people::{self, SessionRow, UserRow};
use crate::totp::Secret;
use crate::words::{self, Code, sign_in as words_of};
use crate::{Error, Office, Refusal};

/// A session is good for so long, used or not, ms.
const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
/// A session that is not used for so long is over, ms.
const IDLE_MS: i64 = 30 * 60 * 1000;
/// That a session was used is written down after so long, ms.
const NOTE_MS: i64 = 60 * 1000;
/// Who proved to be the person so long ago may still move money, ms.
const FRESH_MS: i64 = 5 * 60 * 1000;
/// So many recovery codes at a time.
const RECOVERY_CODES: usize = 8;
/// Letters and digits that are not taken for one another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What somebody shows who signs in.
#[derive(Clone, Copy)]
pub struct Claim<'c> {
    /// The name to sign in with.
    pub name: &'c str,
    /// The passphrase.
    pub passphrase: &'c str,
    /// The second factor's code, or a recovery code.
    pub code: Option<&'c str>,
    /// Where it comes from, if that is known.
    pub address: Option<IpAddr>,
    /// What this browser was given at an earlier sign-in.
    pub device: Option<&'c str>,
    /// Whether it is a browser, which keeps what it is given.
    pub browser: bool,
}

/// A session that was just opened.
#[derive(Clone)]
pub struct Session {
    /// The secret that the browser or program shows from now on: 64 hex digits.
    pub token: Zeroizing<String>,
    /// Until when it is good at most, unix ms.
    pub expires: UnixMs,
    /// Whose.
    pub user: UserRow,
    /// What a browser keeps for a year, so that failures from elsewhere hold nobody up in it; nothing for a program.
    pub device: Option<Zeroizing<String>>,
}

/// What a person has to do before anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = SessionMust)]
#[serde(rename_all = "snake_case")]
pub enum Must {
    /// Choose a passphrase of one's own.
    Passphrase,
    /// Take up a second factor.
    Totp,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Present {
    /// The session.
    pub session: SessionRow,
    /// The person.
    pub user: UserRow,
    /// What has to be done before anything else.
    pub must: Vec<Must>,
}

/// A second factor about to be taken up: what goes into the app.
#[derive(Clone)]
pub struct NewTotp {
    /// 32 letters and digits.
    pub secret: Zeroizing<String>,
    /// `otpauth://totp/…`, for a QR code.
    pub url: Zeroizing<String>,
}

/// The digest under which a session is kept.
fn session_hash(token: &str) -> Digest {
    Digest::of("zhucan.session.1", &[token.as_bytes()])
}

/// What a form of that session has to bring: known only to who knows the token.
#[must_use]
pub fn csrf_of(token: &str) -> String {
    Digest::of("zhucan.csrf.1", &[token.as_bytes()]).to_string()
}

impl Role {
    /// Whether the role needs a second factor: those that move money, and the one that lets people in.
    #[must_use]
    pub const fn needs_second_factor(self) -> bool {
        matches!(self, Self::FinanceMaker | Self::FinanceChecker | Self::Administrator)
    }
}

impl Present {
    /// Refuses who has not proved within the last minutes to be the person.
    pub fn require_fresh(&self, now: UnixMs) -> Result<(), Error> {
        if self.session.proven_at.is_some_and(|at| now.get() - at.get() < FRESH_MS && at <= now) {
            return Ok(());
        }
        Err(Error::refused(Code::StepUpNeeded, words_of::STEP_UP))
    }

    /// Refuses who has something to do before anything else.
    pub fn require_ready(&self) -> Result<(), Error> {
        match self.must.first() {
            None => Ok(()),
            Some(Must::Passphrase) => Err(Error::refused(Code::SetupNeeded, words_of::MUST_PASSPHRASE)),
            Some(Must::Totp) => Err(Error::refused(Code::SetupNeeded, words_of::MUST_TOTP)),
        }
    }
}

impl Office {
    /// Signs a person in.
    pub async fn sign_in(&self, claim: Claim<'_>) -> Result<Session, Error> {
        self.begin(claim, false).await
    }

    /// Signs a person in for something that is done at once: that both factors were shown for it is the proof that is
    /// asked for before money moves. For commands, which ask for what they need when they need it.
    pub async fn sign_in_to_act(&self, claim: Claim<'_>) -> Result<Session, Error> {
        self.begin(claim, true).await
    }

    async fn begin(&self, claim: Claim<'_>, to_act: bool) -> Result<Session, Error> {
        let (user, from) = self.check_claim(claim).await?;
        let token = self.secret();
        let device = claim.browser.then(|| match claim.device.filter(|_| from.device().is_some()) {
            Some(device) => Zeroizing::new(device.to_owned()),
            None => self.secret(),
        });
        let kept = device.as_ref().map(|device| self.device_hash(device));
        let now = self.now();
        let (hash, expires_at, id) = (session_hash(&token), now.plus(SESSION_MS), user.id);
        let session = SessionRow { hash, person: id, created_at: now, expires_at, used_at: now, proven_at: None };
        let idle = self.idle_since(now);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    people::sweep_sessions(tx, now, idle).await?;
                    people::open_session(tx, &session).await?;
                    from.remember(tx, id, kept, now).await?;
                    Act::new(id, Action::SessionOpen, format!("user:{id}")).done(tx, now).await?;
                    if to_act {
                        people::prove_session(tx, hash, now).await?;
                        Act::new(id, Action::SessionStepUp, format!("user:{id}")).done(tx, now).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(Session { token, expires: expires_at, user, device })
    }

    /// 64 random hex digits.
    fn secret(&self) -> Zeroizing<String> {
        let mut secret = Zeroizing::new([0_u8; 32]);
        self.entropy.fill(secret.as_mut_slice());
        Zeroizing::new(hex::encode(secret.as_slice()))
    }

    /// The person behind what is shown. A name that nobody has costs the same time, is counted the same and gets the same
    /// answers as a wrong passphrase.
    async fn check_claim(&self, claim: Claim<'_>) -> Result<(UserRow, Whence), Error> {
        let wanted = claim.name.trim().to_owned();
        let user = self.store.read(move |tx| Box::pin(async move { people::by_name(tx, &wanted).await })).await?;
        let user = user.filter(|u| u.left_at.is_none());
        let from = self.whence(&claim, user.as_ref()).await?;
        // Others at the same address do not hold up a browser in which the person has signed in.
        let address = claim.address.filter(|_| !from.is_own_device);
        let held = address.and_then(|address| self.addresses.held_up(address, from.people_there, self.now()));
        if let Some(seconds) = held {
            return Err(locked(seconds));
        }
        let checked = self.check(user, &from, claim.passphrase, claim.code).await;
        match (address, &checked) {
            (Some(address), Err(error)) if error.code() == Some(Code::SignInFailed) => {
                self.addresses.failed(address, from.name, self.now());
            }
            (Some(address), Ok(_)) => self.addresses.succeeded(address, from.name),
            _ => {}
        }
        Ok((checked?, from))
    }

    async fn check(
        &self,
        user: Option<UserRow>,
        from: &Whence,
        passphrase: &str,
        code: Option<&str>,
    ) -> Result<UserRow, Error> {
        let (asking, now) = (from.clone(), self.now());
        let held = self.store.read(move |tx| Box::pin(async move { asking.locked_for(tx, now).await })).await?;
        if let Some(seconds) = held {
            return Err(locked(seconds));
        }
        let fits = self.hasher.verify(passphrase, user.as_ref().map(|u| u.passphrase_hash.clone())).await?;
        let asked = user.as_ref().is_some_and(|user| user.totp_at.is_some());
        // Whoever knows the passphrase is told of a lock that somebody put on, and asked for nothing more.
        if let Some(seconds) = user.as_ref().filter(|_| fits).and_then(|user| user.locked_for(now)) {
            return Err(locked(seconds));
        }
        if fits && asked && code.is_none() {
            return Err(Error::refused(Code::CodeNeeded, words_of::CODE));
        }
        let code = match (&user, code.filter(|_| asked)) {
            (Some(user), Some(code)) => Some(self.second(user, code)?),
            _ => None,
        };
        self.count_try(user.as_ref().map(|user| user.id), from, fits, code).await?;
        user.ok_or_else(|| Error::refused(Code::SignInFailed, words::SIGN_IN_FAILED))
    }

    /// What is shown as the second factor.
    fn second(&self, user: &UserRow, code: &str) -> Result<Second, Error> {
        let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        if code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()) {
            let step = self.totp_of(user)?.step_of(&code, self.now(), user.totp_step);
            return Ok(step.map_or(Second::Wrong, Second::Step));
        }
        Ok(Second::Recovery(self.keys.digest("recovery-code", &code)))
    }

    fn totp_of(&self, user: &UserRow) -> Result<Secret, Error> {
        let missing = || Error::Corrupt("a second factor without a secret".to_owned());
        self.secret_of(user.id, user.totp.as_deref().ok_or_else(missing)?)
    }

    fn secret_of(&self, user: UserId, sealed: &[u8]) -> Result<Secret, Error> {
        let missing = || Error::Corrupt("a second factor without a secret".to_owned());
        Secret::from_base32(&self.keys.open(totp_place(user), sealed)?).ok_or_else(missing)
    }

    /// Counts a try. Tries that came together with those that locked fail too, right or wrong.
    async fn count_try(
        &self,
        user: Option<UserId>,
        from: &Whence,
        fits: bool,
        second: Option<Second>,
    ) -> Result<(), Error> {
        let (now, from) = (self.now(), from.clone());
        let tried = self.store.write_audited(move |tx| {
            Box::pin(async move {
                if let Some(seconds) = from.locked_for(tx, now).await? {
                    return Ok((false, Some(seconds)));
                }
                if let Some(user) = user.filter(|_| fits) {
                    // Whoever knows the passphrase is told of a lock that somebody put on.
                    let row = people::get(tx, user).await?;
                    if let Some(seconds) = row.and_then(|row| row.locked_for(now)) {
                        return Ok((false, Some(seconds)));
                    }
                    if uses(tx, user, second, now).await? {
                        return from.succeeded(tx).await.map(|()| (true, None));
                    }
                }
                let locked = from.failed(tx, user, now).await?;
                if let Some((failures, seconds)) = locked {
                    let name = user.map_or_else(|| "unknown".to_owned(), |user| user.to_string());
                    let act = Act::new(None, Action::SessionLock, format!("user:{name}"));
                    act.with("failures", failures).with("seconds", seconds).done(tx, now).await?;
                }
                Ok((false, locked.map(|(_, seconds)| seconds)))
            })
        });
        match tried.await? {
            (_, Some(seconds)) => Err(locked(seconds)),
            (true, None) => Ok(()),
            (false, None) => Err(Error::refused(Code::SignInFailed, words::SIGN_IN_FAILED)),
        }
    }

    /// The instant since which a session must have been used. A demonstration's sessions do not end by lying still.
    fn idle_since(&self, now: UnixMs) -> UnixMs {
        now.plus(if self.is_demo() { -SESSION_MS } else { -IDLE_MS })
    }

    /// The person of a session's token.
    pub async fn present(&self, token: &str) -> Result<Present, Error> {
        let (hash, now) = (session_hash(token), self.now());
        let idle = self.idle_since(now);
        // That it was used may wait to be written.
        let noted = self.notes.used(hash);
        let idle = if noted.is_some_and(|at| at >= idle) { UnixMs::new(0) } else { idle };
        let found =
            self.store.read(move |tx| Box::pin(async move { people::by_session(tx, hash, now, idle).await })).await?;
        let (session, user) = found.ok_or_else(|| Error::refused(Code::SignInNeeded, words::SIGN_IN_NEEDED))?;
        if now.get() - noted.map_or(session.used_at, |at| at.max(session.used_at)).get() >= NOTE_MS {
            self.note(Batch::used(hash, now)).await;
        }
        let mut must = Vec::new();
        if user.must_change {
            must.push(Must::Passphrase);
        }
        if user.role.needs_second_factor() && user.totp_at.is_none() && !self.is_demo() {
            must.push(Must::Totp);
        }
        Ok(Present { session, user, must })
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &str) -> Result<(), Error> {
        let hash = session_hash(token);
        self.store.write(move |tx| Box::pin(async move { people::close_session(tx, hash).await })).await
    }

    /// The session's person proves to be the person once more: good for five minutes.
    pub async fn step_up(&self, present: &Present, passphrase: &str, code: Option<&str>) -> Result<UnixMs, Error> {
        let user = self.check(Some(present.user.clone()), &self.whence_session(present), passphrase, code).await?;
        let (hash, now, id) = (present.session.hash, self.now(), user.id);
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    people::prove_session(tx, hash, now).await?;
                    Act::new(id, Action::SessionStepUp, format!("user:{id}")).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(now.plus(FRESH_MS))
    }

    /// Puts a passphrase of one's own in the place of the old one. All other sessions of the person end.
    pub async fn change_passphrase(&self, present: &Present, old: &str, new: &str) -> Result<(), Error> {
        valid::passphrase(new)?;
        if old == new {
            return Err(Error::refused(Code::Invalid, words_of::SAME_PASSPHRASE));
        }
        let fits = self.hasher.verify(old, Some(present.user.passphrase_hash.clone())).await?;
        self.count_try(Some(present.user.id), &self.whence_session(present), fits, None).await?;
        let (hash, own, id, now) = (self.hasher.hash(new).await?, present.session.hash, present.user.id, self.now());
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    people::set_passphrase(tx, id, &hash, false).await?;
                    people::close_sessions(tx, id, Some(own)).await?;
                    Act::new(id, Action::PassphraseChange, format!("user:{id}")).done(tx, now).await.map(drop)
                })
            })
            .await
    }

    /// Begins to take up a second factor: makes a secret, which is good once a code of it was shown. Whoever has one
    /// already proves first to be the person, and keeps it until then.
    pub async fn begin_totp(&self, present: &Present) -> Result<NewTotp, Error> {
        let user = &present.user;
        if user.must_change {
            present.require_ready()?;
        }
        if user.totp_at.is_some() {
            present.require_fresh(self.now())?;
        }
        let secret = Secret::generate(&*self.entropy);
        let (id, text) = (user.id, secret.base32());
        let sealed = self.keys.seal(totp_place(id), &text, &*self.entropy);
        let now = self.now();
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    people::begin_totp(tx, id, &sealed).await?;
                    Act::new(id, Action::TotpBegin, format!("user:{id}")).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(NewTotp { url: secret.url(words_of::ISSUER, &user.name), secret: text })
    }

    /// Takes the second factor up with a code of it. Answers recovery codes, which are not shown again. All other
    /// sessions of the person end.
    pub async fn confirm_totp(&self, present: &Present, code: &str) -> Result<Vec<String>, Error> {
        let user = &present.user;
        let none = || Error::refused(Code::Conflict, words_of::NO_NEW_TOTP);
        let sealed = user.totp_new.clone().ok_or_else(none)?;
        let step = self.secret_of(user.id, &sealed)?.step_of(code.trim(), self.now(), 0);
        self.count_try(Some(user.id), &self.whence_session(present), step.is_some(), None).await?;
        let step = step.ok_or_else(none)?;
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| self.readable(16)).collect();
        let hash = |code: &String| self.keys.digest("recovery-code", &code.replace('-', ""));
        let hashes: Vec<Digest> = codes.iter().map(hash).collect();
        let (id, own, now) = (user.id, present.session.hash, self.now());
        self.store
            .write_audited(move |tx| {
                Box::pin(async move {
                    if !people::confirm_totp(tx, id, &sealed, step, now).await? {
                        return Err(none());
                    }
                    people::put_recovery(tx, id, &hashes).await?;
                    people::close_sessions(tx, id, Some(own)).await?;
                    Act::new(id, Action::TotpEnrol, format!("user:{id}")).done(tx, now).await.map(drop)
                })
            })
            .await?;
        Ok(codes)
    }

    /// Random letters and digits in groups of four.
    pub(super) fn readable(&self, length: usize) -> String {
        let mut random = Zeroizing::new(vec![0_u8; length]);
        self.entropy.fill(&mut random);
        let mut text = String::with_capacity(length * 5 / 4);
        for (place, byte) in random.iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(byte % 32)]));
        }
        text
    }
}

fn totp_place(user: UserId) -> Place<'static> {
    Place { table: "users", column: "totp", row: user.uuid() }
}

/// What was shown as the second factor.
#[derive(Clone, Copy)]
enum Second {
    /// The code of a step.
    Step(i64),
    /// A recovery code, as its digest.
    Recovery(Digest),
    /// No code of any step that is good now.
    Wrong,
}

/// Uses what was shown; says whether it was good. Nothing is good where nothing is asked.
async fn uses(tx: &mut Tx, user: UserId, second: Option<Second>, now: UnixMs) -> Result<bool, Error> {
    match second {
        None => Ok(true),
        Some(Second::Wrong) => Ok(false),
        Some(Second::Step(step)) => people::use_totp(tx, user, step).await,
        Some(Second::Recovery(hash)) => people::use_recovery(tx, user, hash, now).await,
    }
}

impl UserRow {
    /// For how many seconds no sign-in is possible.
    fn locked_for(&self, now: UnixMs) -> Option<i64> {
        (self.locked_until > now).then(|| (self.locked_until.get() - now.get() + 999) / 1000)
    }
}

pub(super) fn locked(seconds: i64) -> Error {
    let mut refusal = Refusal::new(Code::SignInLocked, words::locked(seconds));
    refusal.retry_after = Some(seconds);
    refusal.into()
}
