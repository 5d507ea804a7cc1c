//! The machine's clock is set back, jumps, and is put right again.

use super::*;

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

struct Machine {
    reading: Reading,
    start: Instant,
}

impl Machine {
    fn new() -> Machine {
        let start = Instant::now();
        Machine { reading: Reading { time: s(1000), taken: start, astray: None }, start }
    }

    /// What Andon's clock shows when the machine's shows `wall` and `passed` have gone by since the beginning.
    fn at(&mut self, wall: u64, passed: u64) -> u64 {
        self.reading = self.reading.next(s(wall), self.start + s(passed));
        self.reading.time.as_secs()
    }

    fn says(&self) -> String {
        self.reading.astray.map(|astray| astray.to_string()).unwrap_or_default()
    }
}

#[test]
fn a_clock_set_back_slows_time_but_never_turns_it() {
    let mut machine = Machine::new();
    assert_eq!(machine.at(1010, 10), 1010);
    assert_eq!(machine.at(900, 20), 1019);
    assert!(
        machine.says().starts_with("Andon's time is 1m59s ahead of this machine's clock"),
        "{}",
        machine.says()
    );
    assert!(machine.says().contains("in about 19m50s"), "{}", machine.says());
    assert_eq!(machine.at(1000, 120), 1109);
    assert_eq!(machine.at(1110, 230), 1110, "it has caught up");
    assert_eq!(machine.says(), "");
}

#[test]
fn a_clock_that_is_wrong_for_a_moment_leaves_nothing_behind() {
    let (mut machine, day) = (Machine::new(), 86_400);
    assert_eq!(machine.at(1010 + day, 10), 1010);
    assert!(machine.says().starts_with("this machine's clock jumped forward by 1d"), "{}", machine.says());
    assert_eq!(machine.at(1013 + day, 13), 1013);
    assert_eq!(machine.at(1014, 14), 1014);
    assert_eq!(machine.says(), "");
    // And anew, as if the first had never been.
    assert_eq!(machine.at(1035 + day, 35), 1035);
    assert_eq!(machine.at(1064 + day, 64), 1064);
}

#[test]
fn a_clock_that_stays_ahead_is_followed_after_half_a_minute() {
    let mut machine = Machine::new();
    // Asleep for an hour: the steady clock may know nothing of it.
    assert_eq!(machine.at(4601, 1), 1001);
    assert_eq!(machine.at(4630, 30), 1030);
    // It wanders off further: that is another jump.
    assert_eq!(machine.at(9631, 31), 1031);
    assert_eq!(machine.at(9660, 60), 1060);
    assert_eq!(machine.at(9661, 61), 9661);
    assert_eq!(machine.says(), "");
}

#[test]
fn a_clock_that_is_slewed_is_followed_at_once() {
    let mut machine = Machine::new();
    assert_eq!(machine.at(1013, 10), 1013);
    assert_eq!(machine.at(1022, 20), 1022);
}

#[test]
fn a_journal_from_the_future_is_not_answered_with_the_past() {
    let future = Timestamp::from_ms(4_000_000_000_000);
    let clock = Clock::starting_at(future);
    assert!(clock.now() >= future);
    assert!(clock.trouble().is_some_and(|said| said.contains("ahead of this machine's clock")));
}
