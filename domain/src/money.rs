//! Money is whole fen. Nothing in this crate can hold a fraction of one, and nothing adds without looking.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount in fen (1/100 yuan), possibly negative. On the wire and in the database: the bare integer.
///
/// The operators panic on overflow, in release builds too: ninety thousand million million fen is not an amount but
/// a defect, and going on with it would pay it out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(i64);

/// Why a text is not an amount of yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not digits with at most one point between them.
    #[error("not an amount: expected yuan such as \"12.50\"")]
    Malformed,
    /// More than two digits behind the point.
    #[error("more than two decimals: the smallest amount is one fen")]
    TooPrecise,
    /// Larger than fits.
    #[error("amount too large")]
    TooLarge,
}

impl Fen {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// An amount of so many fen.
    #[must_use]
    pub const fn new(fen: i64) -> Self {
        Self(fen)
    }

    /// The number of fen.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads non-negative yuan with at most two decimals: `"12"`, `"12.5"`, `"12.50"`.
    pub fn from_yuan(text: &str) -> Result<Self, AmountError> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return Err(AmountError::Malformed);
        }
        if part.len() > 2 {
            return Err(AmountError::TooPrecise);
        }
        let yuan: i64 = whole.parse().map_err(|_| AmountError::TooLarge)?;
        let mut fen: i64 = part.parse().map_err(|_| AmountError::Malformed)?;
        if part.len() == 1 {
            fen *= 10;
        }
        yuan.checked_mul(100).and_then(|y| y.checked_add(fen)).map(Self).ok_or(AmountError::TooLarge)
    }

    /// The sum, or nothing if it does not fit.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// So many times this amount.
    ///
    /// # Panics
    /// When the product does not fit.
    #[must_use]
    pub fn times(self, count: i64) -> Self {
        Self(self.0.checked_mul(count).unwrap_or_else(|| overflow()))
    }

    /// The amount without its sign.
    #[must_use]
    pub fn abs(self) -> Self {
        Self(self.0.checked_abs().unwrap_or_else(|| overflow()))
    }

    /// This amount, or zero if it is negative.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }

    /// Whether the amount is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether there is no money at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

#[expect(clippy::panic, reason = "an amount past i64 is a defect that must not be paid out")]
fn overflow() -> ! {
    panic!("amount of money out of range")
}

impl std::ops::Add for Fen {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.checked_add(other).unwrap_or_else(|| overflow())
    }
}

impl std::ops::Sub for Fen {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.checked_sub(other.0).unwrap_or_else(|| overflow()))
    }
}

impl std::ops::Neg for Fen {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.checked_neg().unwrap_or_else(|| overflow()))
    }
}

impl std::ops::AddAssign for Fen {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::ops::SubAssign for Fen {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Fen {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |sum, amount| sum + amount)
    }
}

impl<'a> Sum<&'a Self> for Fen {
    fn sum<I: Iterator<Item = &'a Self>>(amounts: I) -> Self {
        amounts.copied().sum()
    }
}

/// Yuan with two decimals and an ASCII minus: `-12.50`.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        f.pad(&format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100))
    }
}

impl FromStr for Fen {
    type Err = AmountError;
    fn from_str(text: &str) -> Result<Self, AmountError> {
        match text.strip_prefix('-') {
            Some(rest) => Self::from_yuan(rest).map(|amount| -amount),
            None => Self::from_yuan(text),
        }
    }
}

/// How a result between two fen is brought to one of them. Applies to amounts that are not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Half a fen goes up (四舍五入).
    HalfUp,
    /// Half a fen goes to the even neighbour.
    HalfEven,
    /// Always down.
    Floor,
    /// Always up.
    Ceil,
}

/// A share in basis points: 10 000 is the whole, 2 500 a quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(u32);

impl Rate {
    /// The whole, 100 %.
    pub const WHOLE: Self = Self(10_000);

    /// So many basis points.
    #[must_use]
    pub const fn from_basis_points(points: u32) -> Self {
        Self(points)
    }

    /// Reads a percentage with at most two decimals: `"25"`, `"12.5"`.
    pub fn from_percent(text: &str) -> Result<Self, AmountError> {
        let hundredths = Fen::from_yuan(text)?.get();
        u32::try_from(hundredths).map(Self).map_err(|_| AmountError::TooLarge)
    }

    /// The basis points.
    #[must_use]
    pub const fn basis_points(self) -> u32 {
        self.0
    }

    /// This share of `amount`, brought to a whole fen.
    ///
    /// # Panics
    /// When `amount` is negative: a rounding rule is only published for money that is given.
    #[must_use]
    pub fn of(self, amount: Fen, rounding: Rounding) -> Fen {
        assert!(!amount.is_negative(), "a share of a negative amount");
        let product = i128::from(amount.0) * i128::from(self.0);
        let (down, rest) = (product / 10_000, product % 10_000);
        let up = match rounding {
            Rounding::Floor => false,
            Rounding::Ceil => rest > 0,
            Rounding::HalfUp => rest * 2 >= 10_000,
            Rounding::HalfEven => rest * 2 > 10_000 || (rest * 2 == 10_000 && down % 2 == 1),
        };
        Fen(i64::try_from(down + i128::from(up)).unwrap_or_else(|_| overflow()))
    }
}

/// Splits `amount` by integer weights to the fen: everyone gets the rounded-down share, then the largest remainders
/// get one fen more, ties to the first. The parts add up to `amount`; a zero weight gets nothing.
///
/// # Panics
/// When the amount is negative or all weights are zero; a policy with such weights is refused when it is read.
#[must_use]
pub fn largest_remainder(amount: Fen, weights: &[u32]) -> Vec<Fen> {
    assert!(!amount.is_negative(), "splitting a negative amount");
    let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
    assert!(total > 0, "splitting by weights that sum to zero");
    let product = |w: &u32| i128::from(amount.0) * i128::from(*w);
    let mut parts: Vec<i128> = weights.iter().map(|w| product(w) / total).collect();
    let left = i128::from(amount.0) - parts.iter().sum::<i128>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(product(&weights[i]) % total));
    for &i in order.iter().take(usize::try_from(left).unwrap_or_else(|_| overflow())) {
        parts[i] += 1;
    }
    parts.into_iter().map(|p| Fen(i64::try_from(p).unwrap_or_else(|_| overflow()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn yuan_are_read_to_the_fen() {
        assert_eq!(Fen::from_yuan("12"), Ok(Fen(1200)));
        assert_eq!(Fen::from_yuan("12.5"), Ok(Fen(1250)));
        assert_eq!(Fen::from_yuan("0.05"), Ok(Fen(5)));
        assert_eq!(Fen::from_yuan("1.005"), Err(AmountError::TooPrecise));
        assert_eq!(Fen::from_yuan("92233720368547758.08"), Err(AmountError::TooLarge));
        for bad in ["", ".", "1.", ".5", "-1", "+1", "1e3", "１", " 1", "1,000"] {
            assert_eq!(Fen::from_yuan(bad), Err(AmountError::Malformed), "{bad}");
        }
        assert_eq!("-0.50".parse(), Ok(Fen(-50)));
    }

    #[test]
    fn rounding_is_what_its_name_says() {
        let half = Rate::from_basis_points(5_000);
        let of = |fen, rounding| half.of(Fen(fen), rounding).get();
        assert_eq!([of(1, Rounding::HalfUp), of(3, Rounding::HalfUp)], [1, 2]);
        assert_eq!([of(1, Rounding::HalfEven), of(3, Rounding::HalfEven)], [0, 2]);
        assert_eq!([of(1, Rounding::Floor), of(1, Rounding::Ceil)], [0, 1]);
        assert_eq!(Rate::from_basis_points(1).of(Fen(1), Rounding::Ceil), Fen(1));
    }

    #[test]
    fn a_remaining_fen_goes_to_the_largest_remainder_then_the_first() {
        let split = |fen, w: &[u32]| largest_remainder(Fen(fen), w).iter().map(|f| f.get()).collect::<Vec<_>>();
        assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(split(500, &[5, 3, 2]), [250, 150, 100]);
        assert_eq!(split(1, &[2, 8]), [0, 1]);
        assert_eq!(split(5, &[0, 1]), [0, 5]);
    }

    proptest! {
        #[test]
        fn display_reads_back(fen in any::<i64>().prop_filter("has a negation", |f| *f != i64::MIN)) {
            prop_assert_eq!(Fen(fen).to_string().parse(), Ok(Fen(fen)));
        }

        #[test]
        fn reading_never_panics(text in "\\PC*") {
            let _ = Fen::from_yuan(&text);
        }

        #[test]
        fn a_split_keeps_every_fen_and_is_fair(
            amount in 0_i64..1_000_000_000,
            weights in prop::collection::vec(0_u32..1000, 1..8).prop_filter("some weight", |w| w.iter().any(|x| *x > 0)),
        ) {
            let total: i64 = weights.iter().map(|w| i64::from(*w)).sum();
            let parts = largest_remainder(Fen(amount), &weights);
            prop_assert_eq!(parts.iter().sum::<Fen>(), Fen(amount));
            for (part, weight) in parts.iter().zip(&weights) {
                let floor = amount * i64::from(*weight) / total;
                prop_assert!((floor..=floor + 1).contains(&part.get()));
                prop_assert!(*weight > 0 || part.is_zero());
            }
        }
    }
}
