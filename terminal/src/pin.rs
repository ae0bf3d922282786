//! PINs: short numbers, so wrong ones are counted, delayed and at last locked out.

use domain::sync::Cashier;

use crate::storage::{Storage, StorageError};
use crate::trusted_time::Reading;

/// After so many wrong PINs in a row only a new PIN from the office helps.
pub const LOCKED_AT: u32 = 10;
/// So many wrong PINs in a row cost no waiting.
const FREE: u32 = 3;
const LONGEST_WAIT_MS: i64 = 5 * 60 * 1000;

/// What a PIN brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PinCheck {
    /// It is right.
    Right,
    /// It is wrong; so many more wrong ones lock the cashier.
    Wrong {
        /// How many.
        left: u32,
    },
    /// Not looked at: too soon after wrong ones.
    Wait {
        /// Seconds.
        seconds: i64,
    },
    /// Not looked at: locked until the office sets another PIN.
    Locked,
}

/// How long to wait after so many wrong PINs in a row, ms: nothing at first, then doubling from two seconds.
pub(crate) fn delay_ms(failures: u32) -> i64 {
    if failures < FREE { 0 } else { (2_000_i64 << (failures - FREE).min(20)).min(LONGEST_WAIT_MS) }
}

/// Checks a PIN, counts a wrong one and forgets them after a right one.
///
/// A try is counted as a wrong one before it is looked at, so that tries side by side see one another, and whoever pulls
/// the plug in between has tried. Hashing takes memory: the caller lets one in at a time.
pub(crate) async fn check(
    storage: &Storage,
    cashier: &Cashier,
    pin: String,
    now: Reading,
) -> Result<PinCheck, StorageError> {
    let failures = match count(storage, cashier, now).await? {
        Ok(failures) => failures,
        Err(held) => return Ok(held),
    };
    let hash = cashier.pin_hash.clone();
    let right = tokio::task::spawn_blocking(move || verify(&pin, &hash))
        .await
        .map_err(|stopped| StorageError::damaged("setup", &stopped))?;
    if right {
        let mut unit = storage.begin().await?;
        sqlx::query("DELETE FROM pin_failure WHERE cashier = $1").bind(cashier.id.uuid()).execute(&mut *unit).await?;
        unit.commit().await?;
    }
    Ok(match (right, failures) {
        (true, _) => PinCheck::Right,
        (false, LOCKED_AT..) => PinCheck::Locked,
        (false, failures) => PinCheck::Wrong { left: LOCKED_AT - failures },
    })
}

/// Counts a try; says how many wrong ones there are with it, or why it is not looked at.
async fn count(storage: &Storage, cashier: &Cashier, now: Reading) -> Result<Result<u32, PinCheck>, StorageError> {
    let mut unit = storage.begin().await?;
    let known: Option<(u32, Option<uuid::Uuid>, Option<i64>)> =
        sqlx::query_as("SELECT failures, boot, monotonic FROM pin_failure WHERE cashier = $1 AND pin_hash = $2")
            .bind(cashier.id.uuid())
            .bind(&cashier.pin_hash)
            .fetch_optional(&mut *unit)
            .await?;
    let (failures, boot, last) = known.unwrap_or((0, None, None));
    if failures >= LOCKED_AT {
        return Ok(Err(PinCheck::Locked));
    }
    // The clock on the wall can be set. After another boot at least that boot's time has passed.
    let since = match (boot, last) {
        (Some(boot), Some(last)) if boot == now.boot.uuid() => now.monotonic.saturating_sub(last),
        _ => now.monotonic,
    };
    let wait = delay_ms(failures) - since.max(0);
    if wait > 0 {
        return Ok(Err(PinCheck::Wait { seconds: (wait + 999) / 1000 }));
    }
    sqlx::query(
        "INSERT INTO pin_failure (cashier, pin_hash, failures, last_at, boot, monotonic) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (cashier) DO UPDATE \
         SET pin_hash = $2, failures = $3, last_at = $4, boot = $5, monotonic = $6",
    )
    .bind(cashier.id.uuid())
    .bind(&cashier.pin_hash)
    .bind(failures + 1)
    .bind(now.wall.get())
    .bind(now.boot.uuid())
    .bind(now.monotonic)
    .execute(&mut *unit)
    .await?;
    unit.commit().await?;
    Ok(Ok(failures + 1))
}

fn verify(pin: &str, hash: &str) -> bool {
    use argon2::password_hash::PasswordVerifier as _;
    argon2::Argon2::default().verify_password(pin.as_bytes(), hash).is_ok()
}

#[cfg(test)]
mod tests {
    use domain::calendar::UnixMs;
    use domain::id::BootId;

    use super::*;

    fn cashier(pin: &str) -> Cashier {
        use argon2::password_hash::PasswordHasher as _;
        use domain::id::CashierId;
        let hash = argon2::Argon2::default().hash_password_with_salt(pin.as_bytes(), b"a salt of tests!").unwrap();
        let id = CashierId::from_uuid(uuid::Uuid::from_u128(1));
        Cashier { id, name: "测试员".into(), pin_hash: hash.to_string(), supervisor: false }
    }

    #[test]
    fn the_wait_grows_from_the_third_wrong_pin_on() {
        assert_eq!([0, 2, 3, 4, 5, 9].map(delay_ms), [0, 0, 2_000, 4_000, 8_000, 128_000]);
        assert_eq!(delay_ms(u32::MAX), LONGEST_WAIT_MS);
    }

    #[tokio::test]
    async fn wrong_pins_are_counted_delayed_and_locked_out_and_a_new_pin_opens_again() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path()).await.unwrap();
        let (anna, mut now) = (cashier("2580"), 1_000_000_000);
        let boot = std::cell::Cell::new(1);
        let ask = async |cashier: &Cashier, pin: &str, monotonic: i64| {
            let boot = BootId::from_uuid(uuid::Uuid::from_u128(boot.get()));
            // The clock on the wall is set as somebody likes.
            let wall = UnixMs::new(monotonic.wrapping_mul(7_777_777) % 4_000_000_000_000);
            check(&storage, cashier, pin.to_owned(), Reading { wall, monotonic, boot }).await.unwrap()
        };
        assert_eq!(ask(&anna, "2580", now).await, PinCheck::Right);
        for left in (1..LOCKED_AT).rev() {
            now += LONGEST_WAIT_MS;
            assert_eq!(ask(&anna, "1111", now).await, PinCheck::Wrong { left });
            if left == LOCKED_AT - 4 {
                assert_eq!(
                    ask(&anna, "2580", now + 1).await,
                    PinCheck::Wait { seconds: 4 },
                    "even the right one waits"
                );
                boot.set(2);
                assert_eq!(
                    ask(&anna, "2580", 1).await,
                    PinCheck::Wait { seconds: 4 },
                    "switching it off is no way round"
                );
                boot.set(1);
            }
        }
        now += LONGEST_WAIT_MS;
        assert_eq!(ask(&anna, "1111", now).await, PinCheck::Locked);
        assert_eq!(ask(&anna, "2580", now + 1_000_000_000).await, PinCheck::Locked);
        assert_eq!(ask(&cashier("1357"), "1357", now).await, PinCheck::Right, "the office set another PIN");
    }

    #[tokio::test]
    async fn pins_that_are_tried_side_by_side_are_as_many_tries() {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open(dir.path()).await.unwrap();
        let anna = cashier("2580");
        let boot = BootId::from_uuid(uuid::Uuid::from_u128(1));
        let ask = |pin: String, monotonic: i64| {
            let (storage, anna) = (storage.clone(), anna.clone());
            let now = Reading { wall: UnixMs::new(monotonic), monotonic, boot };
            tokio::spawn(async move { check(&storage, &anna, pin, now).await.unwrap() })
        };
        let mut now = 1_000_000_000;
        let (mut looked_at, mut is_locked) = (0, false);
        while !is_locked {
            now += LONGEST_WAIT_MS;
            let tries: Vec<_> = (0..20).map(|n| ask(format!("1{n:03}"), now)).collect();
            let mut found = Vec::new();
            for one in tries {
                found.push(one.await.unwrap());
            }
            looked_at += found.iter().filter(|check| matches!(check, PinCheck::Wrong { .. })).count();
            is_locked = found.contains(&PinCheck::Locked);
            assert!(looked_at < 10, "{found:?}");
        }
        let counted: i64 =
            sqlx::query_scalar("SELECT failures FROM pin_failure").fetch_one(storage.reader()).await.unwrap();
        assert_eq!((looked_at, counted), (9, 10), "the tenth locks");
    }
}
