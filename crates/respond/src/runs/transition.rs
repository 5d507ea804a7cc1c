//! What an event makes of one run: the table of its transitions.

use andon_definitions::Does;
use andon_vocabulary::{
    Answer, ApprovalExpiredThen, IntentId, Name, OrderResult, PersonAnswer, Purpose, RespondEvent,
    RunOutcome, Says, Timestamp, Value,
};

use super::run::{Approval, Ask, Attempt, Doing, Ending, Phase, Run, StepOutcome, StepRecord};
use super::watches;

impl Run {
    pub(super) fn apply(&mut self, event: &RespondEvent, at: Timestamp) {
        use RespondEvent as E;
        match event {
            E::RunWaits { held_by, .. } => self.phase = Phase::Queued { behind: Some(*held_by) },
            E::StopIfBaseline { value, .. } => {
                self.baseline = Some(*value);
                self.blind_since = None;
            }
            E::VerifyReading { step, says, .. } if **step == *watches::STOP_IF => {
                let blind = matches!(says, Says::NoData | Says::Error { .. });
                self.blind_since = blind.then(|| self.blind_since.unwrap_or(at));
            }
            E::StepBegan { step, .. } => {
                if let Some(step) = self.index(step) {
                    self.phase = Phase::At { step, doing: Doing::Began { at } };
                }
            }
            E::StepSkipped { step, .. } => self.leave(step, StepOutcome::Skipped, None),
            E::StepDone { step, .. } => self.apply_done(step),
            E::StepFailed { step, why, .. } => {
                self.end(RunOutcome::Failed, format!("step {step}: {why}"));
                self.leave(step, StepOutcome::Failure, None);
            }
            E::StepVerified { step, value, .. } => {
                self.verified = true;
                self.leave(step, StepOutcome::Success, Some(*value));
            }
            E::Rejected { step, who, reason, .. } => {
                self.end(RunOutcome::Rejected, format!("{}: {reason}", who.person));
                self.leave(step, StepOutcome::Failure, None);
            }
            E::ApprovalExpired { step, then: ApprovalExpiredThen::Abort, .. } => {
                self.end(RunOutcome::Expired, "nobody decided in time".to_owned());
                self.leave(step, StepOutcome::Failure, None);
            }
            E::Approved { who, hash, .. } => self.change(|doing, step| {
                let Doing::Asking(ask) = doing else { return (doing, None) };
                let approval = Approval { by: who.person.clone(), hash: hash.clone(), preview: ask.preview };
                let doing =
                    if step.asks { Doing::Approved { who: who.clone() } } else { Doing::Began { at } };
                (doing, Some(Learned::Approval(approval)))
            }),
            E::StepIntended { order, attempt, purpose, before } => {
                if *purpose == Purpose::Act {
                    self.touched.push(order.action.clone());
                }
                let (order, before) = (order.clone(), before.clone());
                let attempt = Attempt { order, number: *attempt, purpose: *purpose, before };
                self.change(|_, _| (Doing::InFlight(attempt), None));
            }
            E::PersonAnswered { answer: PersonAnswer::Abort, who, reason, step, .. } => {
                self.end(RunOutcome::Aborted, format!("{}: {reason}", who.person));
                self.leave(step, StepOutcome::Failure, None);
            }
            event => self.change(|doing, _| advanced(doing, event, at)),
        }
    }

    /// What a step is at becomes something else; where the event does not fit, it stays.
    fn change(&mut self, how: impl FnOnce(Doing, StepIs) -> (Doing, Option<Learned>)) {
        let Phase::At { step, doing } = &mut self.phase else { return };
        let asks = matches!(self.runbook.steps.get(*step).map(|step| &step.does), Some(Does::Approve(_)));
        let (next, learned) = how(std::mem::replace(doing, Doing::Notified), StepIs { asks });
        *doing = next;
        match learned {
            Some(Learned::Approval(approval)) => self.approval = Some(approval),
            Some(Learned::Changed) => self.changed = true,
            None => {}
        }
    }

    /// A way back that was carried out ends the run; anything else goes on to the next step.
    fn apply_done(&mut self, step: &Name) {
        let took_back = self.attempt().is_some_and(|attempt| attempt.purpose == Purpose::RollBack);
        let value = match self.at() {
            Some((_, Doing::Measured { says: Says::Holds { value } | Says::Fails { value } })) => {
                Some(*value)
            }
            _ => None,
        };
        if took_back {
            self.end(RunOutcome::RolledBack, format!("step {step} did not help and was taken back"));
            self.leave(step, StepOutcome::Failure, None);
        } else {
            self.leave(step, StepOutcome::Success, value);
        }
    }

    fn leave(&mut self, step: &Name, outcome: StepOutcome, value: Option<Value>) {
        let before = self.attempt().map(|attempt| attempt.before.clone()).unwrap_or_default();
        self.steps.insert(step.clone(), StepRecord { outcome, before, value });
        if let Some(index) = self.index(step) {
            self.phase = Phase::Between { next: index + 1 };
        }
    }

    /// The first thing that ends a run is what it ends with.
    fn end(&mut self, outcome: RunOutcome, why: String) {
        self.ending.get_or_insert(Ending { outcome, why });
    }

    fn index(&self, step: &str) -> Option<usize> {
        self.runbook.steps.iter().position(|known| known.id == step)
    }
}

struct StepIs {
    asks: bool,
}

enum Learned {
    Approval(Approval),
    /// Something took effect.
    Changed,
}

/// The table of a step's transitions.
fn advanced(doing: Doing, event: &RespondEvent, at: Timestamp) -> (Doing, Option<Learned>) {
    use RespondEvent as E;
    let next = match (event, doing) {
        (E::StepMeasured { says, .. }, Doing::Began { .. }) => Doing::Measured { says: says.clone() },
        (E::NotifyAsked { .. }, Doing::Began { .. }) => Doing::Notified,
        (
            E::ApprovalAsked { from, preview, expires, .. },
            doing @ (Doing::Began { .. } | Doing::AskingNext { .. }),
        ) => {
            let round = if let Doing::AskingNext { round } = doing { round } else { 0 };
            Doing::Asking(Ask {
                from: from.clone(),
                preview: preview.clone(),
                asked_at: at,
                expires: *expires,
                round,
            })
        }
        (E::ApprovalExpired { .. }, Doing::Asking(ask)) => Doing::AskingNext { round: ask.round + 1 },
        (E::StepCarried { intent, result, .. }, doing) => return carried(doing, *intent, result, at),
        (E::StepUnknown { why, look_after, .. }, Doing::InFlight(attempt)) => {
            Doing::Unknown { attempt, why: why.clone(), look_after: *look_after }
        }
        (E::LookupIntended { intent, lookup, .. }, Doing::Unknown { attempt, .. }) => {
            Doing::LookingUp { attempt, intent: *intent, lookup: lookup.clone(), since: at }
        }
        (E::LookedUp { answer, .. }, Doing::LookingUp { attempt, .. }) => match answer {
            Answer::Happened { evidence } => {
                return (Doing::Carried { attempt, at, detail: evidence.clone() }, Some(Learned::Changed));
            }
            Answer::DidNotHappen { .. } => Doing::Retrying { attempt, at },
            Answer::CannotTell { why } => Doing::Unanswered { attempt, why: why.clone() },
        },
        (
            E::PersonAsked { question, .. },
            Doing::Unknown { attempt, .. } | Doing::Unanswered { attempt, .. },
        ) => {
            let look_after = attempt.look_after();
            Doing::AskingPerson { attempt, look_after, question: question.clone() }
        }
        (
            E::PersonAnswered { answer, who, reason, .. },
            Doing::Unknown { attempt, .. } | Doing::AskingPerson { attempt, .. },
        ) => match answer {
            PersonAnswer::Done => {
                let detail = format!("{} says that it happened: {reason}", who.person);
                return (Doing::Carried { attempt, at, detail }, Some(Learned::Changed));
            }
            PersonAnswer::Repeat | PersonAnswer::Abort => Doing::Again(attempt),
        },
        (E::StepRetried { at, .. }, Doing::Failed { attempt, .. }) => Doing::Retrying { attempt, at: *at },
        (E::VerifyBegan { until, .. }, Doing::Carried { attempt, at, .. }) => Doing::Verifying {
            attempt,
            since: at,
            until: *until,
            held_since: None,
            blank_since: None,
            says: None,
        },
        (
            E::VerifyReading { says, .. },
            Doing::Verifying { attempt, since, until, held_since, blank_since, says: last },
        ) => Doing::Verifying {
            attempt,
            since,
            until,
            held_since: if matches!(says, Says::Holds { .. }) { held_since.or(Some(at)) } else { None },
            blank_since: match (says, last) {
                // No data yet is no data gone.
                (Says::NoData, None | Some(Says::NoData)) => blank_since,
                (Says::NoData, Some(_)) => Some(at),
                _ => None,
            },
            says: Some(says.clone()),
        },
        (E::StepNotVerified { why, .. }, Doing::Verifying { attempt, .. }) => {
            Doing::Unverified { attempt, why: why.clone() }
        }
        (_, doing) => doing,
    };
    (next, None)
}

/// An outcome counts while nothing else has said what became of the attempt; later it is only evidence.
fn carried(doing: Doing, intent: IntentId, result: &OrderResult, at: Timestamp) -> (Doing, Option<Learned>) {
    let attempt = match doing {
        Doing::InFlight(attempt)
        | Doing::Unknown { attempt, .. }
        | Doing::LookingUp { attempt, .. }
        | Doing::Unanswered { attempt, .. }
        | Doing::AskingPerson { attempt, .. }
        | Doing::Again(attempt)
        | Doing::Retrying { attempt, .. }
            if attempt.order.intent == intent =>
        {
            attempt
        }
        other => return (other, None),
    };
    match result {
        OrderResult::Done { detail } => {
            (Doing::Carried { attempt, at, detail: detail.clone() }, Some(Learned::Changed))
        }
        OrderResult::Failed { error } => (Doing::Failed { attempt, error: error.clone() }, None),
        OrderResult::Refused { why } => {
            (Doing::Failed { attempt, error: format!("the hands refused it: {why}") }, None)
        }
        OrderResult::Unknown { .. } => (Doing::InFlight(attempt), None),
    }
}
