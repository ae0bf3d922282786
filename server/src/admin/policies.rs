//! Policies.

use std::collections::BTreeSet;

use domain::calendar::UnixMs;
use domain::decision::PolicyRef;
use domain::id::UserId;
use domain::policy::{AnnounceError, Policy, PolicySet};

use crate::audit::{Act, Action, Actor};
use crate::store::{Tx, days, policies, records};
use crate::words::Code;
use crate::{Error, Office, rules};

impl Office {
    /// Announces a policy. `file_name` only stands in messages. Days that it may decide otherwise are closed again.
    pub async fn announce_policy(&self, file_name: &str, source: &str, by: Option<UserId>) -> Result<PolicyRef, Error> {
        let policy =
            Policy::parse(file_name, source).map_err(|e| Error::refused(Code::PolicyRefused, e.to_string()))?;
        let reference = policy.reference().clone();
        let now = self.now();
        self.store
            .write_serializable_audited(move |tx| {
                let policy = policy.clone();
                Box::pin(async move { announce_in(tx, &policy, now, by, by.into()).await })
            })
            .await?;
        self.refresh_rules().await?;
        self.changed.notify_one();
        Ok(reference)
    }

    /// Takes over what was announced by another process. Says whether there was something.
    pub async fn refresh_rules(&self) -> Result<bool, Error> {
        let rules = std::sync::Arc::clone(&self.rules);
        self.store.read(move |tx| Box::pin(async move { rules.refresh(tx).await })).await
    }
}

/// The rules with the policy among them, or why it cannot be announced now. One whose first day is past can if tills have
/// charged by these very bytes: the office had announced it and was set back to a backup from before.
pub(super) async fn could_announce(tx: &mut Tx, policy: &Policy, now: UnixMs) -> Result<PolicySet, Error> {
    let refused = |e: AnnounceError| Error::refused(Code::PolicyRefused, e.to_string());
    let (mut set, today) = (rules::announced(tx).await?, now.business_date());
    match set.announce(policy.clone(), today) {
        Err(AnnounceError::InThePast { .. })
            if records::charged_by(tx, policy.reference(), policy.effective_from()).await? =>
        {
            set.announce_again(policy.clone(), today).map_err(refused)?;
        }
        announced => announced.map_err(refused)?,
    }
    Ok(set)
}

/// Announces a policy in an open unit that holds the audit log's chain. `by` proposed it; `actor` lets it be in force.
pub(super) async fn announce_in(
    tx: &mut Tx,
    policy: &Policy,
    now: UnixMs,
    by: Option<UserId>,
    actor: Actor,
) -> Result<(), Error> {
    let set = could_announce(tx, policy, now).await?;
    policies::add(tx, policy, now, by).await?;
    // Where the version before it ends, the days are another policy's or nobody's now.
    let versions = set.policies().filter(|p| p.id() == policy.id());
    let regions: BTreeSet<_> = versions.flat_map(|p| p.regions().iter().cloned()).collect();
    // What was charged under it before the office knew it is judged again.
    let mut touched = records::days_without_rules(tx).await?;
    for region in &regions {
        let days = days::of_region(tx, region, policy.effective_from()).await?;
        touched.extend(days.iter().map(|d| (d.canteen, d.date)));
    }
    days::touch(tx, &touched, now).await?;
    let named = policy.reference();
    let act = Act::new(actor, Action::PolicyAnnounce, format!("policy:{}/{}", named.id, named.version));
    act.with("digest", named.hash.to_string()).done(tx, now).await.map(drop)
}
