//! What can be made to go wrong at run time, on this instance alone. A fault does what its name says to the
//! real thing: connections are lost, memory is kept, the process exits.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::place::Place;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Leak,
    SlowDependency,
    Errors,
    MemoryLeak,
    CrashLoop,
}

/// At the default traffic an instance sees 4 checkouts a second and so loses one connection a second: its pool
/// of 20 is empty 20 seconds after it started.
pub const LEAK_PROBABILITY: f64 = 0.25;
pub const ERROR_PROBABILITY: f64 = 0.2;
pub const SLOW: Duration = Duration::from_millis(800);
pub const CRASH_AFTER: Duration = Duration::from_secs(2);
const KEPT_BYTES: usize = 1024 * 1024;
/// Enough to be noticed, too little to hurt the machine that it is demonstrated on, even from every instance.
const KEPT_MAX: usize = 256;

impl Fault {
    pub const ALL: [Fault; 5] =
        [Fault::Leak, Fault::SlowDependency, Fault::Errors, Fault::MemoryLeak, Fault::CrashLoop];

    pub fn name(self) -> &'static str {
        match self {
            Fault::Leak => "leak",
            Fault::SlowDependency => "slow-dependency",
            Fault::Errors => "errors",
            Fault::MemoryLeak => "memory-leak",
            Fault::CrashLoop => "crash-loop",
        }
    }

    pub fn does(self) -> &'static str {
        match self {
            Fault::Leak => "one checkout in four never gives its database connection back",
            Fault::SlowDependency => "every answer takes 800 ms longer",
            Fault::Errors => "one answer in five is a 500",
            Fault::MemoryLeak => "every request keeps 1 MiB, up to 256 MiB",
            Fault::CrashLoop => "the process exits with 1, now and two seconds after each later start",
        }
    }

    pub fn called(name: &str) -> Option<Fault> {
        Fault::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

#[derive(Debug)]
pub struct Faults {
    on: [AtomicBool; Fault::ALL.len()],
    kept: Mutex<Vec<Vec<u8>>>,
    /// The file whose presence makes this instance crash after each start.
    crash_marker: Option<PathBuf>,
}

impl Faults {
    pub fn at(place: &Place) -> Faults {
        let crash_marker =
            place.fault_dir.as_ref().map(|dir| dir.join(format!("crash-loop.{}", place.instance)));
        let faults = Faults { on: Default::default(), kept: Mutex::default(), crash_marker };
        for fault in place.born_with() {
            faults.flag(*fault).store(true, Ordering::Relaxed);
        }
        if faults.crash_marker.as_ref().is_some_and(|marker| marker.exists()) {
            faults.flag(Fault::CrashLoop).store(true, Ordering::Relaxed);
        }
        faults
    }

    pub fn is_on(&self, fault: Fault) -> bool {
        self.flag(fault).load(Ordering::Relaxed)
    }

    /// Off stops the harm from growing. What is lost stays lost where it would in earnest: leaked connections
    /// come back with a restart only.
    pub fn switch(&self, fault: Fault, on: bool) -> Result<(), String> {
        if fault == Fault::CrashLoop {
            self.mark_crash(on)?;
        }
        self.flag(fault).store(on, Ordering::Relaxed);
        if fault == Fault::MemoryLeak && !on {
            self.kept.lock().expect("nothing panics while it holds this lock").clear();
        }
        Ok(())
    }

    /// Written to, since memory that was never touched is not resident.
    pub fn keep_memory(&self) {
        let mut kept = self.kept.lock().expect("nothing panics while it holds this lock");
        if kept.len() < KEPT_MAX {
            kept.push(vec![0xA5; KEPT_BYTES]);
        }
    }

    fn mark_crash(&self, on: bool) -> Result<(), String> {
        let marker = self.crash_marker.as_ref().ok_or(
            "crash-loop has nowhere to remember itself across restarts; start with FAULT_DIR set to a directory",
        )?;
        let told = |error| format!("cannot change the marker {}: {error}", marker.display());
        if on {
            if let Some(dir) = marker.parent() {
                std::fs::create_dir_all(dir).map_err(told)?;
            }
            std::fs::write(marker, "remove this file and the crashes end\n").map_err(told)
        } else if marker.exists() {
            std::fs::remove_file(marker).map_err(told)
        } else {
            Ok(())
        }
    }

    fn flag(&self, fault: Fault) -> &AtomicBool {
        &self.on[fault as usize]
    }
}
