//! What the steps of runs are changing at the moment, so that no person changes the same beside them.

use andon_vocabulary::{Name, Order, Refusal, RefusalKind, RespondEvent, RunId, Timestamp};
use imbl::OrdMap;

/// The step of each run that is under way, or of which nobody knows whether it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steps(OrdMap<RunId, Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    name: Name,
    service: Name,
    /// After this nothing of it can still happen.
    dead: Timestamp,
    /// Its run has ended without it: its outcome will not be heard.
    is_left: bool,
}

impl Steps {
    pub fn apply(&mut self, event: &RespondEvent, at: Timestamp) {
        use RespondEvent as E;
        match event {
            E::StepIntended { order, .. } => self.begin(order),
            E::StepCarried { run, .. }
            | E::VerifyBegan { run, .. }
            | E::StepRetried { run, .. }
            | E::StepFailed { run, .. }
            | E::StepDone { run, .. } => {
                self.0.remove(run);
            }
            E::RunFinished { run, .. } => {
                if let Some(step) = self.0.get_mut(run) {
                    step.is_left = true;
                }
                let holds = |step: &Step| !step.is_left || at < step.dead;
                self.0 = self.0.clone().into_iter().filter(|(_, step)| holds(step)).collect();
            }
            _ => {}
        }
    }

    fn begin(&mut self, order: &Order) {
        let Some((run, service)) = order.run.zip(order.action.service()) else { return };
        let (name, service, dead) = (order.step.clone(), service.clone(), order.not_after + order.timeout);
        self.0.insert(run, Step { name, service, dead, is_left: false });
    }

    /// Why a person may not change this service now.
    pub fn refuse(&self, service: &Name, now: Timestamp) -> Result<(), Refusal> {
        let changes = |step: &Step| step.service == *service && (!step.is_left || now < step.dead);
        let Some((run, step)) = self.0.iter().find(|(_, step)| changes(step)) else { return Ok(()) };
        let name = &step.name;
        let (what, hint) = if step.is_left {
            let what = format!("step {name} of {run}, which has ended, may still be changing {service}");
            (what, format!("that is over at {}", step.dead.second()))
        } else {
            let what = format!("step {name} of {run} is changing {service}");
            (what, format!("wait until it is known how it ended, or stop the run: andon abort {run}"))
        };
        Err(Refusal { kind: RefusalKind::Conflict, what, hint: Some(hint) })
    }
}
