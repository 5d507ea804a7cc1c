//! What others raise in the world of the swarm, and what people silence of it.

use andon_definitions::Catalog;

use crate::seed::Seed;

/// As long as alerts come and silences are set.
const BEATS: u64 = 100;

/// Alerts that others raise, end and raise again, and silences over some of them.
pub(super) fn raised(catalog: &Catalog, chance: &mut Seed) -> Vec<String> {
    let mut world = Vec::new();
    for _ in 0..chance.below(60) {
        let (at, name, cluster) = (chance.below(7200), chance.below(4), chance.below(3));
        let more = if chance.chance(0.4) {
            "ended: true".to_owned()
        } else {
            format!("for: {}s", 30 + chance.below(3600))
        };
        world.push(format!(
            "{{ at: {at}s, receive: {{ labels: {{ alertname: Raised{name}, cluster: c{cluster}, severity: log }}, {more} }} }}"
        ));
    }
    for _ in 0..chance.below(6) {
        let (at, name, lasts) = (chance.below(7200), chance.below(4), 1 + chance.below(3600));
        world.push(format!(
            "{{ at: {at}s, silence: {{ matchers: 'alertname=\"Raised{name}\"', for: {lasts}s }} }}"
        ));
    }
    // Silences of what pages people, too.
    for (_, rule) in catalog.alerting_rules() {
        if chance.chance(0.3) {
            let (at, name, lasts) = (chance.below(5400), &rule.alert, 1 + chance.below(3600));
            world.push(format!(
                "{{ at: {at}s, silence: {{ matchers: 'alertname=\"{name}\"', for: {lasts}s }} }}"
            ));
        }
    }
    world
}

/// Alerts of the services, some worth a page and some a ticket, that end and come back; silences over one or several of
/// them; and channels that take nothing for a while. Most of it begins and ends at a beat of a minute or more, so that
/// much falls into one moment: what one silence gives back is known to an incident or not, and ends there, or begins.
pub(super) fn at_services(catalog: &Catalog, chance: &mut Seed) -> Vec<String> {
    let mut world = Vec::new();
    // Some outages have none of this.
    if chance.chance(0.3) {
        return world;
    }
    let beat = Beat([60, 60, 120, 300][chance.below(4) as usize]);
    for service in catalog.services.keys() {
        if chance.chance(0.6) {
            for name in 0..1 + chance.below(3) {
                world.extend(comes_and_goes(service, name, beat, chance));
            }
            for _ in 0..chance.below(5) {
                world.push(silence(service, beat, chance));
            }
        }
    }
    for channel in catalog.instance.channels.keys() {
        for _ in 0..chance.below(4) {
            let (at, lasts) = (beat.at(chance), beat.lasts(10, chance));
            let fault = if chance.chance(0.7) { format!("down: {lasts}s") } else { "late: 20s".to_owned() };
            world.push(format!("{{ at: {at}s, delivery: {{ channel: {channel}, {fault} }} }}"));
        }
    }
    shuffle(&mut world, chance);
    world
}

/// How many seconds apart things begin and end.
#[derive(Clone, Copy)]
struct Beat(u64);

impl Beat {
    fn at(self, chance: &mut Seed) -> u64 {
        chance.below(BEATS * 60 / self.0) * self.0 + self.off(chance)
    }

    fn lasts(self, most: u64, chance: &mut Seed) -> u64 {
        (1 + chance.below(most)) * self.0
    }

    /// Now and then something keeps no time.
    fn off(self, chance: &mut Seed) -> u64 {
        if chance.chance(0.1) { chance.below(self.0) } else { 0 }
    }
}

/// One alert that fires some times. It ends because that is said, or because nobody says anything more.
fn comes_and_goes(service: &str, name: u64, beat: Beat, chance: &mut Seed) -> Vec<String> {
    let severity = ["critical", "critical", "warning"][chance.below(3) as usize];
    let labels = format!("{{ alertname: Sent{name}, service: {service}, severity: {severity} }}");
    let mut at = beat.at(chance);
    let mut world = Vec::new();
    for _ in 0..1 + chance.below(5) {
        let lasts = beat.lasts(15, chance) + beat.off(chance);
        if chance.chance(0.5) {
            world.push(format!("{{ at: {at}s, receive: {{ labels: {labels}, for: {lasts}s }} }}"));
        } else {
            world.push(format!("{{ at: {at}s, receive: {{ labels: {labels}, for: 3h }} }}"));
            world.push(format!("{{ at: {}s, receive: {{ labels: {labels}, ended: true }} }}", at + lasts));
        }
        at += lasts + beat.lasts(10, chance);
    }
    world
}

/// Of one alert of a service, of what pages there, or of all of it.
fn silence(service: &str, beat: Beat, chance: &mut Seed) -> String {
    let more = match chance.below(4) {
        0 => String::new(),
        1 => ", severity=\"critical\"".to_owned(),
        _ => format!(", alertname=\"Sent{}\"", chance.below(3)),
    };
    let (at, lasts) = (beat.at(chance), beat.lasts(8, chance));
    format!("{{ at: {at}s, silence: {{ matchers: 'service=\"{service}\"{more}', for: {lasts}s }} }}")
}

/// What happens at one moment happens in the order of the world.
fn shuffle(world: &mut [String], chance: &mut Seed) {
    for last in (1..world.len()).rev() {
        world.swap(last, chance.below(last as u64 + 1) as usize);
    }
}
