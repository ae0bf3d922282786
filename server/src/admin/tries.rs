//! Failed sign-ins, and whom they hold up: whoever guesses, not the person whose name is guessed at.
//!
//! Failures are counted by name and address. Somebody who shows the cookie of a browser in which this person has signed in
//! before is counted by that browser alone, so that failures from elsewhere, from the next desk too, hold nobody up there;
//! an address from which the person has signed in is not held up by those from other addresses. For everybody else all
//! addresses together have a bound: guessing does not get cheap by having many of them. A name that nobody has is counted
//! and answered as one that somebody has.
//!
//! An address is bounded too, over all names. A whole office may stand behind one, and mistypes at eight in the morning:
//! who signs in after all takes the own failures along, and everybody who has signed in from there before adds to what is
//! forgiven. It grows with people, not with the name that is tried: it tells nobody who works there.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use domain::calendar::UnixMs;
use domain::id::{Digest, UserId};

use super::sign_in::{Claim, Present};
use crate::store::Tx;
use crate::store::people::UserRow;
use crate::store::sign_in;
use crate::{Error, Office};

/// So many failures are forgiven before each one locks for a while.
const FREE_FAILURES: u32 = 4;
/// So many of strangers to a name, from all addresses together, are.
const FREE_OF_ALL: u32 = 100;
/// The longest lock, seconds.
const LONGEST_LOCK_S: i64 = 60 * 60;
/// Failures are remembered for so long, ms.
const REMEMBERED_MS: i64 = 24 * 60 * 60 * 1000;
/// Where somebody signed in from is remembered for so long, ms.
const KNOWN_MS: i64 = 366 * 24 * 60 * 60 * 1000;
/// So many failures from one address in [`ADDRESS_MS`] hold it up,
const ADDRESS_FAILURES: u32 = 30;
/// and so many more for everybody who has signed in from there before: as many as one's own name forgives.
const FAILURES_A_PERSON: u32 = FREE_FAILURES;
const ADDRESS_MS: i64 = 10 * 60 * 1000;
/// So many addresses are remembered.
const MOST_ADDRESSES: usize = 10_000;

/// For how long a bucket is locked after so many failures, seconds.
fn lock_seconds(failures: u32, free: u32) -> i64 {
    match failures.checked_sub(free + 1) {
        None => 0,
        Some(more) => (30_i64 << more.min(10)).min(LONGEST_LOCK_S),
    }
}

/// What one customer of a network is given: an IPv4 address, or an IPv6 network of 64 bits.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// What failed at an address since an instant, by name. A name is kept as its digest.
#[derive(Debug)]
struct Failed {
    since: UnixMs,
    all: u32,
    by_name: HashMap<Digest, u32>,
}

/// Failures by address, in memory: a restart forgives.
#[derive(Debug, Default)]
pub struct Addresses(Mutex<HashMap<IpAddr, Failed>>);

impl Addresses {
    /// Seconds until the address, from which so many people have signed in before, may try again, if it may not now.
    pub(super) fn held_up(&self, address: IpAddr, people: usize, now: UnixMs) -> Option<i64> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = held.get(&network_of(address))?;
        let left = failed.since.get() + ADDRESS_MS - now.get();
        let people = u32::try_from(people).unwrap_or(u32::MAX);
        let forgiven = ADDRESS_FAILURES.saturating_add(people.saturating_mul(FAILURES_A_PERSON));
        (failed.all >= forgiven && left > 0).then_some((left + 999) / 1000)
    }

    pub(super) fn failed(&self, address: IpAddr, name: Digest, now: UnixMs) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |since: UnixMs| now.get() - since.get() >= ADDRESS_MS;
        // Whoever has many addresses must not fill the memory: names are counted all the same.
        if held.len() >= MOST_ADDRESSES {
            held.retain(|_, failed| !over(failed.since));
        }
        if held.len() >= MOST_ADDRESSES {
            held.clear();
        }
        let new = || Failed { since: now, all: 0, by_name: HashMap::new() };
        let failed = held.entry(network_of(address)).or_insert_with(new);
        if over(failed.since) {
            *failed = new();
        }
        failed.all = failed.all.saturating_add(1);
        // An address that is held up fails no more, so there are no more names than it is forgiven.
        *failed.by_name.entry(name).or_default() += 1;
    }

    /// Takes back what failed there under the name of somebody who has signed in now. Other names stay counted: who has
    /// an account of one's own gets no new start at those of others.
    pub(super) fn succeeded(&self, address: IpAddr, name: Digest) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failed) = held.get_mut(&network_of(address)) {
            failed.all -= failed.by_name.remove(&name).unwrap_or_default().min(failed.all);
        }
    }
}

/// Where failures are counted, and how many are forgiven there.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    digest: Digest,
    free: u32,
}

/// Where somebody tries from.
#[derive(Clone, Debug)]
pub(super) struct Whence {
    /// The first is one's own: success forgets it.
    buckets: Vec<Bucket>,
    /// As it is remembered after a success.
    network: Option<Digest>,
    /// The browser's, if it brought one that somebody has signed in with.
    device: Option<Digest>,
    /// Whether it brought one with which this very person has.
    pub(super) is_own_device: bool,
    /// The name that was typed, as a digest.
    pub(super) name: Digest,
    /// How many people have signed in from the address before.
    pub(super) people_there: usize,
}

impl Whence {
    /// How many seconds nothing is tried from there.
    pub(super) async fn locked_for(&self, tx: &mut Tx, now: UnixMs) -> Result<Option<i64>, Error> {
        let mut longest = None;
        for bucket in &self.buckets {
            let until = sign_in::locked_until(tx, bucket.digest).await?.filter(|until| *until > now);
            longest = longest.max(until);
        }
        Ok(longest.map(|until| (until.get() - now.get() + 999) / 1000))
    }

    /// Counts a failure; says how many there were, and for how many seconds it locks.
    pub(super) async fn failed(
        &self,
        tx: &mut Tx,
        person: Option<UserId>,
        now: UnixMs,
    ) -> Result<Option<(u32, i64)>, Error> {
        let since = now.plus(-REMEMBERED_MS);
        sign_in::sweep(tx, since).await?;
        let mut longest: Option<(u32, i64)> = None;
        for bucket in &self.buckets {
            let failures = sign_in::count(tx, bucket.digest, person, since, now).await?;
            let seconds = lock_seconds(failures, bucket.free);
            if seconds > 0 {
                sign_in::lock(tx, bucket.digest, now.plus(seconds * 1000)).await?;
            }
            if seconds > longest.map_or(0, |(_, seconds)| seconds) {
                longest = Some((failures, seconds));
            }
        }
        Ok(longest)
    }

    /// Forgets the failures of one's own. Those of strangers go on being counted: a person who signs in every morning
    /// gives nobody who guesses a new start.
    pub(super) async fn succeeded(&self, tx: &mut Tx) -> Result<(), Error> {
        match self.buckets.first() {
            Some(own) => sign_in::forget(tx, own.digest).await,
            None => Ok(()),
        }
    }

    /// Remembers that a person signed in from there, and in the browser that keeps `device`.
    pub(super) async fn remember(
        &self,
        tx: &mut Tx,
        person: UserId,
        device: Option<Digest>,
        now: UnixMs,
    ) -> Result<(), Error> {
        sign_in::sweep_devices(tx, person, now.plus(-KNOWN_MS)).await?;
        for from in self.network.into_iter().chain(device) {
            sign_in::know(tx, from, person, now).await?;
        }
        Ok(())
    }

    /// Whether the browser's cookie is one that is known: another person's at the same desk is.
    pub(super) const fn device(&self) -> Option<Digest> {
        self.device
    }
}

impl Office {
    /// The digest under which a browser's cookie is kept.
    pub(super) fn device_hash(&self, device: &str) -> Digest {
        self.keys.digest("sign-in-device", device)
    }

    fn bucket(&self, what: &str, free: u32) -> Bucket {
        Bucket { digest: self.keys.digest("sign-in-bucket", what), free }
    }

    /// Where a claim comes from, as far as failures are counted.
    pub(super) async fn whence(&self, claim: &Claim<'_>, user: Option<&UserRow>) -> Result<Whence, Error> {
        let network = claim.address.map(network_of);
        let device = claim.device.map(|device| self.device_hash(device));
        let from_network = network.map(|network| self.keys.digest("sign-in-network", &network.to_string()));
        let since = self.now().plus(-KNOWN_MS);
        let read = self.store.read(move |tx| {
            Box::pin(async move {
                let mut known = [Vec::new(), Vec::new()];
                for (known, from) in known.iter_mut().zip([device, from_network]) {
                    if let Some(from) = from {
                        *known = sign_in::known(tx, from, since).await?;
                    }
                }
                Ok(known)
            })
        });
        let [in_browser, at_address] = read.await?;
        let is_of = |people: &[UserId]| user.is_some_and(|user| people.contains(&user.id));
        let is_own_device = is_of(&in_browser);
        let name = claim.name.trim();
        let at = network.map_or_else(String::new, |network| network.to_string());
        let mut buckets = Vec::with_capacity(2);
        match device.filter(|_| is_own_device) {
            Some(device) => buckets.push(self.bucket(&format!("device {device} {name}"), FREE_FAILURES)),
            None => buckets.push(self.bucket(&format!("address {at} {name}"), FREE_FAILURES)),
        }
        if !is_own_device && !is_of(&at_address) {
            buckets.push(self.bucket(&format!("all {name}"), FREE_OF_ALL));
        }
        let device = device.filter(|_| !in_browser.is_empty());
        let (name, people_there) = (self.keys.digest("sign-in-name", name), at_address.len());
        Ok(Whence { buckets, network: from_network, device, is_own_device, name, people_there })
    }

    /// Somebody who is signed in already and proves something more: counted by the session.
    pub(super) fn whence_session(&self, present: &Present) -> Whence {
        let bucket = self.bucket(&format!("session {}", present.session.hash), FREE_FAILURES);
        let name = bucket.digest;
        Whence { buckets: vec![bucket], network: None, device: None, is_own_device: true, name, people_there: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_grow_to_an_hour() {
        let locks: Vec<i64> = [0, 4, 5, 6, 7, 11, 12, 99, u32::MAX].map(|n| lock_seconds(n, FREE_FAILURES)).to_vec();
        assert_eq!(locks, [0, 0, 30, 60, 120, 1920, 3600, 3600, 3600]);
        assert_eq!([100, 101, 102].map(|n| lock_seconds(n, FREE_OF_ALL)), [0, 30, 60]);
    }

    const fn name(number: u8) -> Digest {
        Digest([number; 32])
    }

    #[test]
    fn an_address_is_held_up_and_let_in_again() {
        let (addresses, one, other) = (Addresses::default(), IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let start = UnixMs::new(1_000_000);
        for guess in 0..ADDRESS_FAILURES {
            assert_eq!(addresses.held_up(one, 0, start), None);
            addresses.failed(one, name(u8::try_from(guess % 7).unwrap()), start);
        }
        assert_eq!(addresses.held_up(one, 0, start), Some(600));
        assert_eq!(addresses.held_up(other, 0, start), None);
        assert_eq!(addresses.held_up(one, 0, start.plus(ADDRESS_MS)), None);
        addresses.failed(one, name(1), start.plus(ADDRESS_MS));
        assert_eq!(addresses.held_up(one, 0, start.plus(ADDRESS_MS)), None, "counted anew");
    }

    #[test]
    fn people_who_sign_in_after_all_take_their_failures_along_and_nobody_elses() {
        let (addresses, office, start) = (Addresses::default(), IpAddr::from([10, 0, 0, 1]), UnixMs::new(1_000_000));
        for _ in 0..ADDRESS_FAILURES - 1 {
            addresses.failed(office, name(1), start);
        }
        for _ in 0..3 {
            addresses.failed(office, name(2), start);
        }
        assert_eq!(addresses.held_up(office, 0, start), Some(600));
        addresses.succeeded(office, name(2));
        addresses.succeeded(office, name(2));
        addresses.succeeded(office, name(3));
        assert_eq!(addresses.held_up(office, 0, start), None);
        addresses.failed(office, name(3), start);
        assert_eq!(addresses.held_up(office, 0, start), Some(600), "those of the first are counted");
        assert_eq!(addresses.held_up(office, 1, start), None, "somebody works there");
        for _ in 0..FAILURES_A_PERSON {
            addresses.failed(office, name(4), start);
        }
        assert_eq!(addresses.held_up(office, 1, start), Some(600));
        assert_eq!(addresses.held_up(office, usize::MAX, start), None, "no overflow");
    }

    #[test]
    fn one_customers_network_is_one_address_and_many_of_them_fill_no_memory() {
        let (addresses, start) = (Addresses::default(), UnixMs::new(1_000_000));
        let six = |network: u128, host: u128| IpAddr::V6(((0x2001_0db8 << 96) | (network << 64) | host).into());
        for host in 0..u128::from(ADDRESS_FAILURES) {
            addresses.failed(six(1, host), name(1), start);
        }
        assert_eq!(addresses.held_up(six(1, 999), 0, start), Some(600));
        assert_eq!(addresses.held_up(six(2, 1), 0, start), None);
        for network in 0..2 * MOST_ADDRESSES as u128 {
            addresses.failed(six(network, 0), name(1), start);
        }
        assert!(addresses.0.lock().unwrap().len() <= MOST_ADDRESSES);
    }
}
