//! Policies and calendars.

use std::collections::BTreeSet;

use domain::calendar::WorkCalendar;
use domain::decision::PolicyRef;
use domain::id::UserId;
use domain::policy::Policy;

use crate::store::{days, policies};
use crate::words::{Code, register};
use crate::{Error, Office, rules};

impl Office {
    /// Announces a policy. `file_name` only stands in messages. Days that it may decide otherwise are closed again.
    pub async fn announce_policy(&self, file_name: &str, source: &str, by: Option<UserId>) -> Result<PolicyRef, Error> {
        let policy =
            Policy::parse(file_name, source).map_err(|e| Error::refused(Code::PolicyRefused, e.to_string()))?;
        let reference = policy.reference().clone();
        let now = self.now();
        self.store
            .write_serializable(move |tx| {
                let policy = policy.clone();
                Box::pin(async move {
                    let refused = |e: domain::policy::AnnounceError| Error::refused(Code::PolicyRefused, e.to_string());
                    let mut set = rules::announced(tx).await?;
                    set.announce(policy.clone(), now.business_date()).map_err(refused)?;
                    policies::add(tx, &policy, now, by).await?;
                    let mut touched = BTreeSet::new();
                    for region in policy.regions() {
                        let days = days::of_region(tx, region, policy.effective_from()).await?;
                        touched.extend(days.iter().map(|d| (d.canteen, d.date)));
                    }
                    days::touch(tx, &touched, now).await
                })
            })
            .await?;
        self.refresh_rules().await?;
        self.changed.notify_one();
        Ok(reference)
    }

    /// Puts a calendar in force. Days that it calls something else are closed again.
    pub async fn publish_calendar(&self, calendar: WorkCalendar) -> Result<(), Error> {
        if calendar.years().is_empty() {
            return Err(Error::refused(Code::Invalid, register::CALENDAR_EMPTY));
        }
        let now = self.now();
        self.store
            .write_serializable(move |tx| {
                let calendar = calendar.clone();
                Box::pin(async move {
                    let before = policies::calendars(tx).await?.pop().unwrap_or_default();
                    policies::publish_calendar(tx, &calendar, now).await?;
                    let mut touched = BTreeSet::new();
                    for date in days::dates(tx).await? {
                        if before.kind(date) != calendar.kind(date) {
                            touched.extend(days::canteens_on(tx, date).await?.into_iter().map(|c| (c, date)));
                        }
                    }
                    days::touch(tx, &touched, now).await
                })
            })
            .await?;
        self.refresh_rules().await?;
        self.changed.notify_one();
        Ok(())
    }

    /// Takes over what was announced by another process. Says whether there was something.
    pub async fn refresh_rules(&self) -> Result<bool, Error> {
        let rules = std::sync::Arc::clone(&self.rules);
        self.store.read(move |tx| Box::pin(async move { rules.refresh(tx).await })).await
    }
}
