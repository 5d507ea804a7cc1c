//! One service as it is: what is wanted, what each instance does, and whether an order's goal is reached.

use std::sync::Arc;
use std::time::Duration;

use andon_vocabulary::{InstanceStatus, Name, PlatformStatus};
use tokio::time::Instant;

use super::desired::{Change, Target};

/// An instance that is not ready this long after its start counts as failed.
const READY_MAX: Duration = Duration::from_secs(30);
/// One that ended this often without ever being ready does too.
const CRASHES_MAX: u32 = 3;

#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub service: Name,
    pub version: Name,
    pub previous: Option<Name>,
    pub count: u32,
    /// The wanted ones, and those that still stop.
    pub instances: Vec<Spot>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Spot {
    pub n: u32,
    pub name: Name,
    pub port: u16,
    /// It is what is wanted of it now.
    pub current: bool,
    pub seen: Seen,
}

/// What an instance's keeper has seen of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// What runs, or is being started; None: nothing, and nothing shall.
    pub target: Option<Target>,
    pub pid: Option<u32>,
    pub ready: bool,
    /// It was ready at least once since `began`.
    pub settled: bool,
    /// When this target was begun with.
    pub began: Instant,
    /// How often it ended by itself since then, and in all.
    pub crashes: u32,
    pub restarts: u32,
    pub last_end: Option<Arc<str>>,
}

impl Seen {
    pub fn nothing() -> Seen {
        Seen {
            target: None,
            pid: None,
            ready: false,
            settled: false,
            began: Instant::now(),
            crashes: 0,
            restarts: 0,
            last_end: None,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    Reached,
    /// Something may have failed at that time, if nothing happens before.
    Under {
        look_again: Option<Instant>,
    },
    /// Another order came after it.
    Superseded,
    Failed(String),
}

impl View {
    /// "v41 2/3": as many of the wanted instances are current and ready.
    pub fn evidence(&self) -> String {
        format!("{} {}/{}", self.version, self.ready(), self.count)
    }

    fn ready(&self) -> u32 {
        let ready = self.wanted().filter(|spot| spot.current && spot.seen.ready);
        u32::try_from(ready.count()).expect("there are at most `count`, which is a u32")
    }

    fn wanted(&self) -> impl Iterator<Item = &Spot> {
        self.instances.iter().filter(|spot| spot.n <= self.count)
    }

    /// Whether this is what is desired anyway. A restart is an event, not a state.
    pub fn wants(&self, change: &Change) -> bool {
        match change {
            Change::Run { version, .. } => *version == self.version,
            Change::Scale { to, .. } => *to == self.count,
            Change::Restart { .. } => false,
        }
    }

    /// How far the change has come. A restart looks at whom it names alone.
    pub fn progress(&self, change: &Change, now: Instant) -> Progress {
        let named = match change {
            Change::Run { .. } | Change::Scale { .. } if !self.wants(change) => return Progress::Superseded,
            Change::Restart { instances } => instances.as_slice(),
            _ => &[],
        };
        let concerns = |spot: &Spot| named.is_empty() || named.contains(&spot.n);
        let missing: Vec<&Spot> =
            self.wanted().filter(|spot| concerns(spot) && !(spot.current && spot.seen.ready)).collect();
        let extra = self.instances.iter().any(|spot| spot.n > self.count);
        // Those that are wanted but not yet there are no spots at all.
        let whole = self.ready() == self.count && !extra;
        if missing.is_empty() && (whole || !named.is_empty()) {
            return Progress::Reached;
        }
        let fresh = || missing.iter().filter(|spot| spot.current && !spot.seen.settled);
        if let Some(why) = fresh().find_map(|spot| spot.hopeless(now)) {
            return Progress::Failed(format!("{}: {why}", self.evidence()));
        }
        Progress::Under { look_again: fresh().map(|spot| spot.seen.began + READY_MAX).min() }
    }

    pub fn status(&self) -> PlatformStatus {
        PlatformStatus {
            service: self.service.clone(),
            version: self.version.clone(),
            previous: self.previous.clone(),
            wanted: self.count,
            ready: self.ready(),
            instances: self.instances.iter().map(Spot::status).collect(),
        }
    }
}

impl Spot {
    fn hopeless(&self, now: Instant) -> Option<String> {
        let name = &self.name;
        if self.seen.crashes >= CRASHES_MAX {
            let how = self.seen.last_end.as_deref().unwrap_or("nobody knows how");
            return Some(format!("{name} ends again and again ({how}); see logs/{name}.log"));
        }
        (now >= self.seen.began + READY_MAX)
            .then(|| format!("{name} is not ready after {READY_MAX:?}; see logs/{name}.log"))
    }

    fn status(&self) -> InstanceStatus {
        let version = self.seen.target.as_ref().map(|target| target.version.clone());
        InstanceStatus {
            name: self.name.clone(),
            version: version.unwrap_or_else(|| "".into()),
            address: format!("127.0.0.1:{}", self.port),
            pid: self.seen.pid,
            ready: self.seen.ready,
            restarts: self.seen.restarts,
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn spot(n: u32, current: bool, ready: bool) -> Spot {
        Spot {
            n,
            name: format!("checkout-{n}").into(),
            port: 20_000,
            current,
            seen: Seen { ready, settled: ready, ..Seen::nothing() },
        }
    }

    fn view(instances: Vec<Spot>) -> View {
        View {
            service: "checkout".into(),
            version: "v42".into(),
            previous: Some("v41".into()),
            count: 3,
            instances,
        }
    }

    fn run() -> Change {
        Change::Run { from: "v41".into(), version: "v42".into() }
    }

    #[test]
    fn a_run_is_reached_when_all_wanted_are_new_and_ready_and_the_others_gone() {
        let now = Instant::now();
        let three = || vec![spot(1, true, true), spot(2, true, true), spot(3, true, true)];
        assert_eq!(view(three()).progress(&run(), now), Progress::Reached);
        assert_eq!(view(three()).evidence(), "v42 3/3");
        let mut four = three();
        four.push(spot(4, false, true));
        assert!(matches!(view(four).progress(&run(), now), Progress::Under { .. }));
        let two = view(vec![spot(1, true, true), spot(2, true, true)]);
        assert!(matches!(two.progress(&run(), now), Progress::Under { .. }));
        let mut old = three();
        old[2].current = false;
        assert_eq!(view(old.clone()).evidence(), "v42 2/3");
        assert!(matches!(view(old).progress(&run(), now), Progress::Under { look_again: None }));
    }

    #[test]
    fn a_version_that_crashes_or_never_gets_ready_has_failed() {
        let now = Instant::now();
        let mut crashing = view(vec![spot(1, true, false), spot(2, false, true), spot(3, false, true)]);
        crashing.instances[0].seen.crashes = CRASHES_MAX;
        let Progress::Failed(why) = crashing.progress(&run(), now) else {
            panic!("three crashes are enough");
        };
        assert!(why.starts_with("v42 0/3: checkout-1 ends again and again"), "{why}");
        let slow = view(vec![spot(1, true, false), spot(2, false, true), spot(3, false, true)]);
        let Progress::Under { look_again: Some(at) } = slow.progress(&run(), now) else {
            panic!("it may still come");
        };
        assert!(
            matches!(slow.progress(&run(), at), Progress::Failed(why) if why.contains("not ready after"))
        );
    }

    #[test]
    fn a_restart_does_not_wait_for_a_neighbour() {
        let change = Change::Restart { instances: vec![2] };
        let ill = view(vec![spot(1, true, false), spot(2, true, true), spot(3, true, true)]);
        assert_eq!(ill.progress(&change, Instant::now()), Progress::Reached);
    }
}
