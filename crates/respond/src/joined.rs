//! The alerts that joined one incident, and what is asked of them again and again: how many still disturb, how urgently,
//! and how many of those nobody is told of. Counted as they change, since thousands may join at once.

use std::ops::Deref;

use andon_vocabulary::{AlertId, Name, Timestamp, Urgency};
use imbl::OrdMap;

#[derive(Clone, Debug, PartialEq)]
pub struct JoinedAlert {
    pub name: Name,
    pub urgency: Urgency,
    pub phase: AlertPhase,
    pub fired_at: Timestamp,
    /// Since when people are told of it, where they are: when it fired, or was last suppressed no longer.
    pub told_since: Timestamp,
    /// As which of all that ever began to disturb in this incident.
    pub nth: u64,
    /// Nobody is told of it.
    pub suppressed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertPhase {
    Firing,
    /// Its source is silent: it counts as firing until it is seen again.
    Lost,
    Resolved,
}

impl JoinedAlert {
    /// It still disturbs: it fires, or is lost from sight.
    pub fn is_active(&self) -> bool {
        self.phase != AlertPhase::Resolved
    }

    /// It disturbs, and people are told.
    pub fn is_told(&self) -> bool {
        self.is_active() && !self.suppressed
    }

    /// People are paged for it.
    pub fn pages(&self) -> bool {
        self.is_told() && self.urgency == Urgency::Page
    }
}

/// Read like a map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Joined {
    alerts: OrdMap<AlertId, JoinedAlert>,
    counted: Counted,
    /// How often something began to disturb.
    begun: u64,
    /// How much of that people were paged for.
    paged: u64,
    /// Those that are worth a page and began after that.
    news: usize,
}

/// Of those that disturb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    tickets: usize,
    pages: usize,
    logged: usize,
    suppressed: usize,
    pages_suppressed: usize,
}

impl Counted {
    fn count(&mut self, alert: &JoinedAlert, change: impl Fn(&mut usize)) {
        if alert.is_active() {
            change(match alert.urgency {
                Urgency::Log => &mut self.logged,
                Urgency::Ticket => &mut self.tickets,
                Urgency::Page => &mut self.pages,
            });
            if alert.suppressed {
                change(&mut self.suppressed);
                if alert.urgency == Urgency::Page {
                    change(&mut self.pages_suppressed);
                }
            }
        }
    }

    pub fn active(&self) -> usize {
        self.tickets + self.pages + self.logged
    }

    /// Those that people are told of.
    pub fn told(&self) -> usize {
        self.active() - self.suppressed
    }

    /// Those that are worth a page.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Those of them that people are told of.
    pub fn told_pages(&self) -> usize {
        self.pages - self.pages_suppressed
    }

    /// Whether nobody is told of what disturbs most here: of nothing at all, or of nothing that is worth a page where
    /// something is.
    pub fn is_suppressed(&self) -> bool {
        match self.pages {
            0 => self.active() > 0 && self.told() == 0,
            _ => self.told_pages() == 0,
        }
    }

    /// The highest of those that disturb.
    pub fn urgency(&self) -> Option<Urgency> {
        let counted =
            [(self.pages, Urgency::Page), (self.tickets, Urgency::Ticket), (self.logged, Urgency::Log)];
        counted.into_iter().find(|(count, _)| *count > 0).map(|(_, urgency)| urgency)
    }
}

impl Deref for Joined {
    type Target = OrdMap<AlertId, JoinedAlert>;

    fn deref(&self) -> &Self::Target {
        &self.alerts
    }
}

impl Joined {
    pub fn counted(&self) -> &Counted {
        &self.counted
    }

    pub(crate) fn joins(&mut self, id: AlertId, mut alert: JoinedAlert) {
        // One that brings the incident back began by that.
        let began = self.get(&id).filter(|known| known.told_since == alert.told_since && known.is_active());
        alert.nth = match began {
            Some(known) => known.nth,
            None => self.next(),
        };
        self.insert(id, alert);
    }

    /// It begins to disturb again: it comes back, or is no longer suppressed.
    pub(crate) fn begins(&mut self, id: AlertId, at: Timestamp) {
        let nth = self.next();
        self.change(id, |alert| (alert.told_since, alert.nth) = (at, nth));
    }

    fn next(&mut self) -> u64 {
        self.begun += 1;
        self.begun
    }

    /// People are paged, and told of all that disturbs.
    pub(crate) fn paged(&mut self) {
        (self.paged, self.news) = (self.begun, 0);
    }

    /// Whether something is worth a page that people were not paged for yet.
    pub fn is_news(&self) -> bool {
        self.news > 0
    }

    /// Whether that is all that is worth a page: nothing was until it began.
    pub fn is_only_news(&self) -> bool {
        self.news == self.counted.told_pages()
    }

    fn insert(&mut self, id: AlertId, alert: JoinedAlert) {
        self.count(&alert, |count| *count += 1);
        if let Some(before) = self.alerts.insert(id, alert) {
            self.count(&before, |count| *count -= 1);
        }
    }

    fn count(&mut self, alert: &JoinedAlert, change: impl Fn(&mut usize)) {
        self.counted.count(alert, &change);
        if alert.pages() && alert.nth > self.paged {
            change(&mut self.news);
        }
    }

    pub(crate) fn change(&mut self, id: AlertId, change: impl FnOnce(&mut JoinedAlert)) {
        if let Some(mut alert) = self.alerts.get(&id).cloned() {
            change(&mut alert);
            self.insert(id, alert);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted is what a look at every alert says.
    #[test]
    fn what_is_counted_is_there() {
        let mut joined = Joined::default();
        let mut state = 12_345_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..2_000 {
            let (id, phase, urgency) = (AlertId(draw(20)), draw(3), draw(3));
            let phase = [AlertPhase::Firing, AlertPhase::Lost, AlertPhase::Resolved][phase as usize];
            let urgency = [Urgency::Log, Urgency::Ticket, Urgency::Page][urgency as usize];
            let suppressed = draw(2) == 0;
            match draw(3) {
                0 => joined.change(id, |alert| alert.phase = phase),
                1 => joined.change(id, |alert| alert.suppressed = suppressed),
                _ => {
                    let (name, at) = (Name::from(""), Timestamp::EPOCH);
                    let alert = JoinedAlert {
                        name,
                        urgency,
                        phase,
                        fired_at: at,
                        told_since: at,
                        nth: 0,
                        suppressed,
                    };
                    joined.insert(id, alert);
                }
            }
            let active = || joined.values().filter(|alert| alert.is_active());
            assert_eq!(joined.counted().active(), active().count());
            assert_eq!(joined.counted().told(), joined.values().filter(|alert| alert.is_told()).count());
            let told_pages = joined.values().filter(|alert| alert.pages()).count();
            assert_eq!(joined.counted().told_pages(), told_pages);
            assert_eq!(joined.counted().urgency(), active().map(|alert| alert.urgency).max());
        }
    }
}
