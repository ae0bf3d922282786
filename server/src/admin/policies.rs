//! Policies.

use std::collections::BTreeSet;

use domain::decision::PolicyRef;
use domain::id::UserId;
use domain::policy::Policy;

use crate::audit::{Act, Action};
use crate::store::{days, policies};
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
                Box::pin(async move {
                    let refused = |e: domain::policy::AnnounceError| Error::refused(Code::PolicyRefused, e.to_string());
                    let mut set = rules::announced(tx).await?;
                    set.announce(policy.clone(), now.business_date()).map_err(refused)?;
                    policies::add(tx, &policy, now, by).await?;
                    // Where the version before it ends, the days are another policy's or nobody's now.
                    let versions = set.policies().filter(|p| p.id() == policy.id());
                    let regions: BTreeSet<_> = versions.flat_map(|p| p.regions().iter().cloned()).collect();
                    let mut touched = BTreeSet::new();
                    for region in &regions {
                        let days = days::of_region(tx, region, policy.effective_from()).await?;
                        touched.extend(days.iter().map(|d| (d.canteen, d.date)));
                    }
                    days::touch(tx, &touched, now).await?;
                    let named = policy.reference();
                    let act = Act::new(by, Action::PolicyAnnounce, format!("policy:{}/{}", named.id, named.version));
                    act.with("digest", named.hash.to_string()).done(tx, now).await.map(drop)
                })
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
