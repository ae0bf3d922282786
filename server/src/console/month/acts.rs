//! What forms of the month ask of whoever sends them.

use crate::Office;
use crate::admin::Present;
use crate::http::Answer;

/// Takes a passphrase that was typed into the very form as fresh proof; without one the proof of before has to be fresh.
pub(super) async fn freshly(office: &Office, present: &Present, passphrase: &str, code: &str) -> Answer<()> {
    if passphrase.is_empty() {
        return Ok(present.require_fresh(office.now())?);
    }
    let code = Some(code.trim()).filter(|code| !code.is_empty());
    office.step_up(present, passphrase, code).await?;
    Ok(())
}
