//! What an integration was told of a group last, and whether it needs to be told anything now.
//!
//! The rules are Alertmanager's: whoever comes from there knows when to expect what.

use std::time::Duration;

use andon_vocabulary::{AlertId, NotificationReason, Timestamp};

/// What the provider took last.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub at: Timestamp,
    /// Sorted.
    pub firing: Vec<AlertId>,
    /// Sorted.
    pub resolved: Vec<AlertId>,
}

/// What there is to tell of a group: nobody is told of what is silenced or inhibited.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct News {
    /// Sorted.
    pub firing: Vec<AlertId>,
    /// Sorted.
    pub resolved: Vec<AlertId>,
}

/// What becomes of one integration when a group's time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    /// It does not want to hear that all has ended; what fires next is news to it.
    Forget,
    Tell(NotificationReason),
}

impl News {
    pub fn need(&self, told: Option<&Told>, send_resolved: bool, repeat: Duration, now: Timestamp) -> Need {
        if self.firing.is_empty() && self.resolved.is_empty() {
            return Need::Nothing;
        }
        let Some(told) = told else {
            let fires = !self.firing.is_empty();
            return if fires { Need::Tell(NotificationReason::First) } else { Need::Nothing };
        };
        if !is_subset(&self.firing, &told.firing) {
            let is_first = told.firing.is_empty();
            return Need::Tell(if is_first {
                NotificationReason::First
            } else {
                NotificationReason::NewAlerts
            });
        }
        if self.firing.is_empty() {
            return match (told.firing.is_empty(), send_resolved) {
                // They began and ended since: it knows nothing of them.
                (true, _) => Need::Nothing,
                (false, true) => Need::Tell(NotificationReason::AllResolved),
                (false, false) => Need::Forget,
            };
        }
        if send_resolved && !is_subset(&self.resolved, &told.resolved) {
            return Need::Tell(NotificationReason::SomeResolved);
        }
        if told.at + repeat < now { Need::Tell(NotificationReason::Repeated) } else { Need::Nothing }
    }
}

/// Of sorted lists.
fn is_subset(part: &[AlertId], whole: &[AlertId]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|wanted| rest.by_ref().find(|id| *id >= wanted) == Some(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[u64]) -> Vec<AlertId> {
        numbers.iter().map(|number| AlertId(*number)).collect()
    }

    fn news(firing: &[u64], resolved: &[u64]) -> News {
        News { firing: ids(firing), resolved: ids(resolved) }
    }

    fn need(news: News, told: Option<(&[u64], &[u64])>, send_resolved: bool, after_s: u64) -> Need {
        let at = Timestamp::from_ms(1_000_000);
        let told = told.map(|(firing, resolved)| Told { at, firing: ids(firing), resolved: ids(resolved) });
        let repeat = Duration::from_secs(3600);
        news.need(told.as_ref(), send_resolved, repeat, at + Duration::from_secs(after_s))
    }

    #[test]
    fn a_receiver_is_told_what_is_news_to_it() {
        use NotificationReason as R;
        let tell = Need::Tell;
        assert_eq!(need(news(&[1], &[]), None, true, 60), tell(R::First));
        assert_eq!(need(news(&[], &[1]), None, true, 60), Need::Nothing, "it began and ended unheard of");
        assert_eq!(need(news(&[], &[]), Some((&[1], &[])), true, 60), Need::Nothing, "all are silenced");
        assert_eq!(need(news(&[1, 2], &[]), Some((&[2, 3], &[])), true, 60), tell(R::NewAlerts));
        assert_eq!(need(news(&[4], &[]), Some((&[], &[1])), true, 60), tell(R::First), "all had ended");
        assert_eq!(need(news(&[2], &[]), Some((&[1, 2], &[])), true, 60), Need::Nothing);
        assert_eq!(need(news(&[2], &[1]), Some((&[1, 2], &[])), true, 60), tell(R::SomeResolved));
        assert_eq!(need(news(&[2], &[1]), Some((&[1, 2], &[])), false, 60), Need::Nothing);
        assert_eq!(need(news(&[2], &[1]), Some((&[1, 2], &[1])), true, 60), Need::Nothing);
        assert_eq!(need(news(&[], &[1]), Some((&[1], &[])), true, 60), tell(R::AllResolved));
        assert_eq!(need(news(&[], &[1]), Some((&[1], &[])), false, 60), Need::Forget);
        assert_eq!(need(news(&[], &[1]), Some((&[], &[])), true, 60), Need::Nothing);
    }

    #[test]
    fn what_goes_on_is_repeated_after_more_than_the_interval() {
        let told: Option<(&[u64], &[u64])> = Some((&[1], &[]));
        assert_eq!(need(news(&[1], &[]), told, true, 3600), Need::Nothing);
        assert_eq!(need(news(&[1], &[]), told, true, 3601), Need::Tell(NotificationReason::Repeated));
    }
}
