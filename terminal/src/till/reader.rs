//! Codes from readers with a line of their own. They go where a keyboard scanner's would: to the page that is looked at,
//! which knows whether a paper list, a refund or a sale is meant and can say what became of them. Without a page the till
//! takes them itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{broadcast, oneshot};

use super::{PaperLine, TillError};
use crate::core::Core;

/// A page that is open asks for a code within this time.
const CLAIM: Duration = Duration::from_millis(1_500);
/// So many codes may be announced before a page has heard of the first.
const ANNOUNCED: usize = 64;

/// Codes that wait for a page.
#[derive(Debug)]
pub(crate) struct Codes {
    waiting: Mutex<Waiting>,
    announced: broadcast::Sender<u64>,
}

#[derive(Debug, Default)]
struct Waiting {
    number: u64,
    codes: BTreeMap<u64, (String, oneshot::Sender<()>)>,
}

impl Default for Codes {
    fn default() -> Self {
        Self { waiting: Mutex::default(), announced: broadcast::Sender::new(ANNOUNCED) }
    }
}

impl Codes {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers of codes that come from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<u64> {
        self.announced.subscribe()
    }

    /// The code of that number, for the first page that asks.
    pub(crate) fn claim(&self, number: u64) -> Option<String> {
        let (code, taken) = self.waiting().codes.remove(&number)?;
        // The till may have given up waiting at this moment: it finds the code taken.
        let _ = taken.send(());
        Some(code)
    }

    /// Offers a code to the pages. Gives it back when none has taken it.
    async fn offer(&self, code: String) -> Option<String> {
        let (taken, answer) = oneshot::channel();
        let number = {
            let mut waiting = self.waiting();
            waiting.number += 1;
            let number = waiting.number;
            waiting.codes.insert(number, (code.clone(), taken));
            number
        };
        let heard = self.announced.send(number).is_ok();
        if heard && matches!(tokio::time::timeout(CLAIM, answer).await, Ok(Ok(()))) {
            return None;
        }
        // A page may have taken it just now.
        self.waiting().codes.remove(&number).map(|_| code)
    }
}

impl Core {
    /// A code came from a reader: the page's, or, where no page is looked at, a line of the open paper list or a meal.
    pub(crate) async fn code_came(&self, code: &str) -> Result<(), TillError> {
        let Some(code) = self.codes.offer(code.to_owned()).await else { return Ok(()) };
        let paper = self.till.state.lock().await.paper.is_some();
        if !paper {
            return self.scan(&code).await;
        }
        let code = Some(code);
        self.add_paper_line(PaperLine { code, elder: None, supervisor: None, mode: None, tender: None }).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_code_is_handed_out_once_or_comes_back() {
        let codes = Codes::default();
        assert_eq!(codes.offer("1".to_owned()).await.as_deref(), Some("1"), "nobody listens");
        let mut page = codes.listen();
        let mut other = codes.listen();
        let (came_back, ()) = tokio::join!(codes.offer("2".to_owned()), async {
            let number = page.recv().await.unwrap();
            assert_eq!(other.recv().await.unwrap(), number);
            assert_eq!(codes.claim(number).as_deref(), Some("2"));
            assert_eq!(codes.claim(number), None, "two pages are open");
        });
        assert_eq!(came_back, None);
        assert_eq!(codes.offer("3".to_owned()).await.as_deref(), Some("3"), "no page asks");
        assert_eq!(codes.claim(page.recv().await.unwrap()), None, "too late: it was taken by the till");
    }
}
