//! What stands under the top bar: everything that is wrong or unusual, each readable, the loudest first.
//!
//! None hides another. Only what is said of the line alone takes the wide form; beside others it is a line beneath them.

use super::view::Cx;

/// What a message's button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BannerAct {
    EndTraining,
    /// The cashier has read of what happened to the computer.
    Seen,
    EndCollection,
}

/// One message of the banner.
pub(super) struct Message {
    pub(super) class: &'static str,
    pub(super) icon: &'static str,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) act: Option<BannerAct>,
}

impl Message {
    fn new(icon: &'static str, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { class: "banner-stale", icon, title: title.into(), text: text.into(), act: None }
    }
}

impl Cx<'_> {
    /// All messages but the line's own.
    pub(super) fn messages(&self) -> Vec<Message> {
        let mut all = Vec::new();
        if self.s.training {
            let (title, text) = (self.w.training_title, self.w.training_text);
            let message = Message::new("graduation-cap", title, text);
            all.push(Message { class: "banner-train", act: Some(BannerAct::EndTraining), ..message });
        }
        all.extend(self.of_the_computer());
        all.extend(self.of_the_office());
        all.extend(self.of_the_lists(all.is_empty()));
        all
    }

    /// A full disk, and what happened to the data; one key for all that was read.
    fn of_the_computer(&self) -> Vec<Message> {
        let (s, w) = (self.s, self.w);
        let mut all = Vec::new();
        if s.disk_full {
            all.push(Message::new("triangle-alert", w.e_disk_full, w.n_disk_full));
        }
        let before = all.len();
        if let Some(damage) = &s.damage {
            all.push(Message::new("triangle-alert", w.damage_title, self.damage(damage)));
        }
        if let Some(interrupted) = &s.interrupted {
            all.push(Message::new("triangle-alert", w.interrupted_title, self.interrupted(interrupted)));
        }
        if let Some(first) = all.get_mut(before).filter(|_| s.signed_in) {
            first.act = Some(BannerAct::Seen);
        }
        all
    }

    /// What the office says of this till, and a collection that goes on.
    fn of_the_office(&self) -> Vec<Message> {
        let w = self.w;
        let mut all = Vec::new();
        if self.pending() {
            let text = self.with(w.pending_text, "fingerprint", &self.s.fingerprint);
            all.push(Message::new("clock", w.pending_title, text));
        } else if self.out_of_use() {
            all.push(Message::new("triangle-alert", w.revoked_title, w.revoked_text));
        }
        if let Some(collection) = &self.s.collection {
            let message = Message::new("user", self.collecting(collection), w.collecting_text);
            all.push(Message { act: Some(BannerAct::EndCollection), ..message });
        }
        all
    }

    /// Lists so old that they change a price, a printer that does not print, and, where nothing else is said, a list that
    /// grows old.
    fn of_the_lists(&self, alone: bool) -> Vec<Message> {
        let (s, w) = (self.s, self.w);
        let mut all = Vec::new();
        if s.sync.too_old && s.ready {
            all.push(Message::new("triangle-alert", w.hard_title, w.hard_text));
        } else if alone && !self.offline() && s.sync.stale && s.sync.tried && s.ready {
            let title = self.with(w.stale_title, "age", self.age(s.sync.roster));
            all.push(Message::new("clock", title, w.stale_text));
        }
        if s.printer.state == "trouble" && s.signed_in {
            let (title, text) = self.printer_trouble();
            all.push(Message::new("printer", title, text));
        }
        all
    }

    /// Whether a till that may sell says that it is offline: one that may not says nothing of serving on.
    fn says_offline(&self) -> bool {
        self.offline() && !self.pending() && !self.out_of_use()
    }

    /// Offline while another message stands on top: said in one line beneath it.
    pub(super) fn offline_beneath(&self) -> bool {
        self.says_offline() && !self.messages().is_empty()
    }

    /// Offline and nothing else.
    pub(super) fn offline_alone(&self) -> bool {
        self.says_offline() && self.messages().is_empty()
    }
}
