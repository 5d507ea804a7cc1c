//! A full disk, by every way: what is answered with 2xx stays, anything else is said not to be kept, and once there is
//! room it goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use super::deeds::{Said, WAYS, Way};
use super::kept::Kept;
use super::{To, first, home};
use crate::identity::serving::Serving;
use crate::real::disk::Disk;
use crate::real::{Pager, wait};

const PATIENCE: Duration = Duration::from_secs(30);
const DEEDS_MAX: u64 = 4_000;

#[test]
fn nothing_answered_is_lost_on_a_full_disk() {
    let pager = Pager::start();
    let home = home(&pager);
    let Some(disk) = Disk::mount(&home.data()) else {
        // Only an administrator of the machine may mount: no tool is missing.
        eprintln!("SKIPPED: a disk of its own cannot be mounted here, so no disk is filled");
        return;
    };
    let (server, token) = first(&home);
    let mut kept = Kept::default();
    disk.fill();
    let mut refused = BTreeSet::new();
    let mut n = 0;
    // Sign-ins are as many as there may be at once; they come last, where one attempt shows it.
    let ways: Vec<Way> = WAYS.into_iter().filter(|way| *way != Way::SignIn).collect();
    let to = To { address: server.address, token: &token };
    while refused.len() < ways.len() {
        n += 1;
        assert!(n < DEEDS_MAX, "a full disk kept {} answers; refused were {refused:?}", kept.len());
        let way = ways[usize::try_from(n).expect("few") % ways.len()];
        match to.does(way, n) {
            Said::Kept(promise) => {
                kept.promise(promise);
                // There was room again for a moment, so the others have to show it once more.
                refused.remove(&way);
            }
            Said::Refused(status, said) => {
                assert!(matches!(status, 500 | 503 | 507), "{way:?}: {status} {said}");
                assert!(!said.contains("panic"), "{said}");
                refused.insert(way);
            }
            Said::Nothing => panic!("{way:?} was not answered\n{}", home.log_text()),
        }
    }
    let lost = kept.lost(to);
    assert!(lost.is_empty(), "answered and lost: {lost:?}");

    disk.free();
    for way in ways {
        wait("it to be taken again", PATIENCE, || {
            n += 1;
            match to.does(way, n) {
                Said::Kept(promise) => {
                    kept.promise(promise);
                    Some(())
                }
                Said::Refused(..) => None,
                Said::Nothing => panic!("{way:?} was not answered\n{}", home.log_text()),
            }
        });
    }
    server.kill();
    let server = Serving::of(&home);
    let lost = kept.lost(To { address: server.address, token: &token });
    assert!(lost.is_empty(), "answered and lost: {lost:?}");
    // The server before the disk that it writes to.
    drop(server);
    drop(disk);
}
