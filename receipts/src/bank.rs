//! The bank batch: one payment a row, as online banking of enterprises imports it.

use crate::{PrintError, figures, guard};
use domain::money::Fen;

const HEADS: [&str; 6] = ["序号", "收款户名", "收款账号", "开户行", "金额", "用途"];
/// Spreadsheets take a CSV file for UTF-8 only when it begins so.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Name of the account.
    pub payee: String,
    /// Account number in full: the file goes to the bank.
    pub account: String,
    /// Bank and branch.
    pub bank: String,
    /// Positive amount.
    pub amount: Fen,
    /// Purpose: `2026年3月助餐补贴 JS-202603-001`.
    pub purpose: String,
}

/// The batch as CSV: UTF-8 with a byte order mark, CRLF, rows numbered from 1, amounts in yuan with two decimals.
///
/// ```
/// use domain::money::Fen;
/// use receipts::bank::{Payment, csv};
///
/// let payment = Payment {
///     payee: "云川市康膳餐饮服务有限公司".into(),
///     account: "0012345678901234".into(),
///     bank: "云川农商银行高新支行".into(),
///     amount: Fen::new(1_752_000),
///     purpose: "2026年3月助餐补贴 JS-202603-001".into(),
/// };
/// let batch = String::from_utf8(csv(&[payment])?)?;
/// assert!(batch.ends_with(",云川农商银行高新支行,17520.00,2026年3月助餐补贴 JS-202603-001\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn csv(payments: &[Payment]) -> Result<Vec<u8>, PrintError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.to_vec());
    writer.write_record(HEADS).map_err(|error| failed(&error))?;
    for (number, payment) in (1_usize..).zip(payments) {
        if payment.amount <= Fen::ZERO {
            return Err(PrintError::NotPayable { field: format!("第 {number} 笔 {}", payment.payee) });
        }
        let (number, amount) = (number.to_string(), figures::plain(payment.amount));
        let texts =
            [&payment.payee, &payment.account, &payment.bank, &payment.purpose].map(|text| guard::as_text(text));
        let [payee, account, bank, purpose] = &texts;
        writer.write_record([&number, &**payee, account, bank, &amount, purpose]).map_err(|error| failed(&error))?;
    }
    writer.into_inner().map_err(|error| failed(error.error()))
}

fn failed(error: &dyn std::error::Error) -> PrintError {
    PrintError::Writer { format: "CSV", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    fn payment(payee: &str, fen: i64) -> Payment {
        Payment {
            payee: payee.into(),
            account: "0012345678901234".into(),
            bank: "云川农商银行, 高新支行".into(),
            amount: Fen::new(fen),
            purpose: "2026年3月助餐补贴 JS-202603-001".into(),
        }
    }

    #[test]
    fn is_what_the_bank_expects() -> Result<(), Box<dyn Error>> {
        let text =
            String::from_utf8(csv(&[payment("云川市康膳餐饮服务有限公司", 1_752_000), payment("=HYPERLINK(1)", 5)])?)?;
        assert_eq!(
            text,
            "\u{feff}序号,收款户名,收款账号,开户行,金额,用途\r\n\
             1,云川市康膳餐饮服务有限公司,0012345678901234,\"云川农商银行, 高新支行\",17520.00,2026年3月助餐补贴 JS-202603-001\r\n\
             2,'=HYPERLINK(1),0012345678901234,\"云川农商银行, 高新支行\",0.05,2026年3月助餐补贴 JS-202603-001\r\n"
        );
        Ok(())
    }

    #[test]
    fn nothing_and_less_cannot_be_paid() {
        for fen in [0, -1] {
            assert_eq!(csv(&[payment("甲", fen)]), Err(PrintError::NotPayable { field: "第 1 笔 甲".into() }));
        }
    }
}
