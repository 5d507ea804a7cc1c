//! A swarm: seeds become outages that nobody thought of, played with crashes after any byte of the journal, lost and
//! repeated deliveries, clocks that jump and disks that fill, and looked at by every checker.

mod raised;

use std::time::Duration;

use andon_definitions::{Catalog, SourceFile, load};
use andon_vocabulary::Timestamp;
use serde::Serialize;

use crate::checkers;
use crate::play::{CrashPlan, Play, Receivers, Sabotage};
use crate::seed::Seed;

/// How long one outage of the swarm is played.
const PLAYED: Duration = Duration::from_secs(2 * 3600);

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flight {
    pub seed: u64,
    /// The outage as a scenario: what to keep when it finds something.
    pub scenario: String,
    pub violations: Vec<String>,
    pub records: u64,
    pub crashes: usize,
    /// Of everything that was seen, in order: the same seed gives the same digest in every process.
    pub digest: String,
}

/// Plays the outage of one seed in the world of these definitions.
pub fn fly(seed: u64, catalog: &Catalog, files: &[SourceFile], sabotage: Sabotage) -> Flight {
    let mut chance = Seed::new(seed);
    let name = format!("swarm-{seed}");
    let text = outage(&name, catalog, &mut chance);
    let mut with_outage = files.to_vec();
    with_outage.push(SourceFile { path: format!("{name}.yaml"), text: text.clone() });
    let (loaded, findings) = load(&with_outage);
    let scenario = loaded.scenarios.get(&name).unwrap_or_else(|| {
        panic!(
            "the swarm wrote a scenario that does not load:\n{text}\n{}",
            andon_definitions::render(&findings, &with_outage, false)
        )
    });
    let mut play = Play::new(scenario, catalog, files, seed);
    play.sabotage = sabotage;
    play.duplicates = 0.1;
    play.stalls = 0.2;
    play.crashes = crashes(&mut chance);
    if catalog.alertmanager.is_some() {
        play.receivers = receivers(play.now, &mut chance);
    }
    let start = play.now;
    play.until(start + PLAYED);
    // The end of the world is quiet: whatever was cut off is there again, and whatever is owed can be delivered.
    play.make_well();
    play.until(start + PLAYED + Duration::from_secs(1800));
    Flight {
        seed,
        scenario: text,
        violations: checkers::check(&play),
        records: andon_journal::Journal::head(&play.journal).seq.0,
        crashes: play.life_count(),
        digest: digest(&play),
    }
}

fn digest(play: &Play) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in format!("{:?}", play.seen).bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

/// Some are lost, some are late, and for a time none answers.
fn receivers(start: Timestamp, chance: &mut Seed) -> Receivers {
    let down = start + Duration::from_secs(chance.below(7200));
    Receivers {
        lost: [0.0, 0.1, 0.5][chance.below(3) as usize],
        late_ms: [0, 2_000, 40_000][chance.below(3) as usize],
        down: chance.chance(0.5).then(|| down..down + Duration::from_secs(chance.below(1800))),
    }
}

fn crashes(chance: &mut Seed) -> Vec<CrashPlan> {
    let plan = |chance: &mut Seed| CrashPlan {
        at_append: 6 + chance.below(60),
        committed: chance.chance(0.5),
        back_after: Duration::from_millis(200 + chance.below(120_000)),
    };
    (0..chance.below(4)).map(|_| plan(chance)).collect()
}

/// An outage of the services that the definitions know, with people who may or may not do something about it.
fn outage(name: &str, catalog: &Catalog, chance: &mut Seed) -> String {
    let mut world = Vec::new();
    for service in catalog.services.keys() {
        if chance.chance(0.7) {
            world.push(pool(service, chance));
        }
        if chance.chance(0.3) {
            world.push(up(service, chance));
        }
    }
    for service in
        catalog.services.iter().filter(|(_, service)| service.platform.is_some()).map(|(name, _)| name)
    {
        if chance.chance(0.5) {
            let at = chance.below(1800);
            world.push(format!(
                "{{ at: {at}s, deploy: {{ service: {service}, version: v{} }} }}",
                42 + chance.below(3)
            ));
        }
        if chance.chance(0.2) {
            let (at, lasts) = (chance.below(3600), 5 + chance.below(1200));
            world.push(format!("{{ at: {at}s, partition: {{ targets: [{service}], for: {lasts}s }} }}"));
        }
    }
    let people = catalog.teams.values().flat_map(|team| team.people.keys());
    for person in people {
        let paged = ["acknowledge", "acknowledge", "nothing", "resolve"][chance.below(4) as usize];
        let asked = ["approve", "approve", "reject", "nothing"][chance.below(4) as usize];
        let told = ["mark_done", "repeat", "abort"][chance.below(3) as usize];
        let after = |chance: &mut Seed| 1 + chance.below(600);
        world.push(format!("{{ when: {{ paged: {person} }}, after: {}s, does: {paged} }}", after(chance)));
        world.push(format!("{{ when: {{ asked: {person} }}, after: {}s, does: {asked} }}", after(chance)));
        world.push(format!(
            "{{ when: {{ asked: {person}, for: outcome }}, after: {}s, does: {told} }}",
            100 + after(chance)
        ));
    }
    for channel in catalog.instance.channels.keys() {
        world.push(format!("{{ delivery: {{ channel: {channel}, lost: 0.{} }} }}", chance.below(6)));
        if chance.chance(0.3) {
            let faults = ["late: 20s", "twice: true", "down: 10m", "lost: 0.9", "refuses: true"];
            let fault = faults[chance.below(5) as usize];
            let at = chance.below(7200);
            world.push(format!("{{ at: {at}s, delivery: {{ channel: {channel}, {fault} }} }}"));
        }
    }
    if chance.chance(0.3) {
        let sign = if chance.chance(0.5) { "-" } else { "" };
        world.push(format!(
            "{{ at: {}s, clock: {{ jump: {sign}{}s }} }}",
            chance.below(3600),
            1 + chance.below(90)
        ));
    }
    if chance.chance(0.2) {
        let at = chance.below(1800);
        world.push(format!("{{ at: {at}s, disk: full }}"));
        world.push(format!("{{ at: {}s, disk: freed }}", at + 1 + chance.below(600)));
    }
    if catalog.alertmanager.is_some() {
        world.extend(raised::raised(catalog, chance));
    }
    world.extend(raised::at_services(catalog, chance));
    let world: String = world.iter().map(|entry| format!("    - {entry}\n")).collect();
    // A swarm expects nothing in particular: the checkers know what must always hold.
    format!(
        "apiVersion: andon/v1\nkind: Scenario\nmetadata: {{ name: {name} }}\nspec:\n  at: 2026-11-20T22:00:00+01:00\n  \
         every: 15s\n  world:\n{world}  expect:\n    - {{ never: {{ page: nobody-of-this-name }} }}\n"
    )
}

/// A connection pool that fills at some time, and may empty again.
fn pool(service: &str, chance: &mut Seed) -> String {
    let (quiet, full, after) = (chance.below(80), 1 + chance.below(200), chance.below(200));
    let name = if chance.chance(0.8) { "db_pool_in_use" } else { "process_resident_memory_bytes" };
    let (low, high) = if name == "db_pool_in_use" { (0, 1) } else { (20_000_000, 200_000_000) };
    format!(
        "{{ series: '{name}{{service=\"{service}\", instance=\"{service}-1\"}}', values: '{low}x{quiet} {high}x{full} {low}x{after}' }}"
    )
}

fn up(service: &str, chance: &mut Seed) -> String {
    let mut values = Vec::new();
    for _ in 0..=chance.below(6) {
        values.push(format!("{}x{}", chance.below(2), chance.below(40)));
    }
    format!(
        "{{ series: 'up{{service=\"{service}\", instance=\"{service}-1\"}}', values: '{}' }}",
        values.join(" ")
    )
}
