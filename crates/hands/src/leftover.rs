//! Steps of hands that were killed: their processes may finish, since nobody repeats a step before its time is over,
//! and they must not outlive that time.

use std::time::Duration;

use andon_vocabulary::Timestamp;
use tokio::task::JoinSet;

use crate::proc;
use crate::process::{DEADLINE, MARK};
use crate::warrant::now;

/// Finds what runs and ends each when its time is over.
pub fn end_in_time(instance_id: &str, work: &mut JoinSet<()>) {
    let prefix = format!("{instance_id}/");
    for process in proc::marked(MARK, |mark| mark.starts_with(&prefix)) {
        let mark = process.environment[MARK].clone();
        work.spawn(async move {
            tokio::time::sleep(left(process.environment.get(DEADLINE), now())).await;
            proc::kill_marked(MARK, &mark);
        });
    }
}

/// Nothing is left to one that does not say: the variable was taken away, and so was its excuse.
fn left(deadline: Option<&String>, now: Timestamp) -> Duration {
    let deadline = deadline.and_then(|text| text.parse().ok()).map(Timestamp::from_ms);
    deadline.unwrap_or_default().since(now)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[tokio::test]
    async fn what_earlier_hands_began_ends_at_its_deadline_and_not_before() {
        let instance = format!("leftover-{}", std::process::id());
        let mut child = Command::new("sleep")
            .arg("60")
            .env(MARK, format!("{instance}/run-7-act"))
            .env(DEADLINE, (now() + Duration::from_millis(600)).as_ms().to_string())
            .spawn()
            .expect("sleep is everywhere");
        // For a moment after its start a process has no environment yet.
        while proc::marked(MARK, |mark| mark.starts_with(&instance)).is_empty() {
            tokio::task::yield_now().await;
        }
        let mut work = JoinSet::new();
        end_in_time(&instance, &mut work);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(child.try_wait().expect("it is ours").is_none(), "its time is not over");
        assert!(work.join_next().await.is_some());
        let status = child.wait().expect("it is ours");
        assert!(!status.success(), "{status}");
    }
}
