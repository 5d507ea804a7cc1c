//! The storefront on a bad evening, for tests and for whoever designs pages: checkout v42 leaks database connections,
//! the alert fires, ana is paged, and a run asks for the roll-back.

use std::time::Duration;

use andon_vocabulary::{
    Active, CatalogTexts, Command, Input, InstanceStatus, Labels, Name, OrderResult, Outcome, Owed,
    PlatformStatus, Reading, RunId, Says, Started, Timestamp, Told, Value, Verdict, Via, WatchId, WatchKind,
    Who,
};

use crate::port::Loop;
use crate::still::Still;

const FILES: [(&str, &str); 5] = [
    ("instance.yaml", include_str!("../../../examples/storefront/ops/instance.yaml")),
    ("rules.yaml", include_str!("../../../examples/storefront/ops/rules.yaml")),
    ("runbooks.yaml", include_str!("../../../examples/storefront/ops/runbooks.yaml")),
    ("services.yaml", include_str!("../../../examples/storefront/ops/services.yaml")),
    ("team.yaml", include_str!("../../../examples/storefront/ops/team.yaml")),
];

/// A Friday evening; ana is on call until Monday.
pub const EVENING: Timestamp = Timestamp::from_ms(1_795_208_400_000);

/// Everything runs v41 and nothing is on fire.
pub fn quiet(now: Timestamp) -> Still {
    let still = Still::new(now);
    turn(&still, Input::Started(Started { term: 1, version: "0".to_owned(), moved: false, address: None }));
    let files = FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    turn(&still, Input::Catalog(CatalogTexts { hash: "storefront".to_owned(), files }));
    for (service, instances) in [("catalog", 2), ("cart", 2), ("checkout", 3), ("traffic", 1)] {
        turn(&still, platform(service, "v41", None, instances));
    }
    still
}

/// The same definitions, which from now on make people say who they are.
pub fn ask_who_they_are(still: &Still) {
    let mut files: std::collections::BTreeMap<String, String> =
        FILES.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    if let Some(instance) = files.get_mut("instance.yaml") {
        instance.push_str("  identity: {}\n");
    }
    turn(still, Input::Catalog(CatalogTexts { hash: "storefront, with identity".to_owned(), files }));
}

/// Twelve minutes after the deploy the pool is exhausted; the approval that rolls it back waits for ana.
pub fn leaking(deployed: Timestamp) -> Still {
    let still = quiet(deployed);
    say(&still, "ana", "deploy", Command::Deploy { service: "checkout".into(), version: "v42".into() });
    carry_out(&still);
    turn(&still, platform("checkout", "v42", Some("v41"), 3));
    wait(&still, Duration::from_secs(720));
    fire(&still, "checkout/DbPoolExhausted", &[("service", "checkout"), ("severity", "critical")], 0.97);
    deliver(&still);
    wait(&still, Duration::from_secs(2));
    let measure = WatchId { run: RunId(1), step: "diagnose".into(), what: WatchKind::Measure };
    turn(&still, Input::Reading(Reading { watch: measure, says: Says::Holds { value: Value(0.97) } }));
    deliver(&still);
    wait(&still, Duration::from_secs(40));
    fill(&still, deployed);
    still
}

/// Has an alert fire, after its `for`.
pub fn fire(still: &Still, rule: &str, labels: &[(&str, &str)], value: f64) {
    let alertname = rule.rsplit('/').next().unwrap_or(rule);
    let labels = Labels::new(labels.iter().copied()).with("alertname", alertname);
    let active = || vec![Active { labels: labels.clone(), value: Value(value), annotations: None }];
    let verdict =
        || Input::Verdict(Verdict { rule: rule.into(), active: active(), gone: Vec::new(), error: None });
    turn(still, verdict());
    wait(still, Duration::from_secs(30));
    turn(still, verdict());
}

/// Every notice that is owed arrives.
pub fn deliver(still: &Still) {
    for Owed { intent, attempt, effect } in still.view().owed(still.now()) {
        if matches!(effect, andon_vocabulary::Effect::Deliver(_)) {
            let outcome = Outcome::Delivered { receipt: "shown on the page".to_owned() };
            turn(still, Input::Outcome { intent, attempt, outcome });
        }
    }
}

/// Every order that is owed succeeds.
pub fn carry_out(still: &Still) {
    for Owed { intent, attempt, effect } in still.view().owed(still.now()) {
        if matches!(effect, andon_vocabulary::Effect::Carry(_)) {
            let outcome = Outcome::Carried(OrderResult::Done { detail: "3/3 ready".to_owned() });
            turn(still, Input::Outcome { intent, attempt, outcome });
        }
    }
}

pub fn say(still: &Still, person: &str, key: &str, command: Command) {
    let who = Who::new(person, Via::Scenario);
    turn(still, Input::Told(Told { who, key: key.to_owned(), command }));
}

pub fn wait(still: &Still, span: Duration) {
    still.set_now(still.now() + span);
}

/// A scene is written with the definitions before one's eyes: what it says is never refused.
pub fn turn(still: &Still, input: Input) {
    still.turn(input).expect("the scene fits the storefront's definitions");
}

pub fn platform(service: &str, version: &str, previous: Option<&str>, instances: u32) -> Input {
    let instance = |number: u32| InstanceStatus {
        name: format!("{service}-{number}").into(),
        version: version.into(),
        address: format!("127.0.0.1:{}", 40_000 + number),
        pid: None,
        ready: true,
        restarts: 0,
    };
    Input::Platform(PlatformStatus {
        service: service.into(),
        version: version.into(),
        previous: previous.map(Name::from),
        wanted: instances,
        ready: instances,
        instances: (1..=instances).map(instance).collect(),
    })
}

/// Forty minutes of samples up to now: a pool that fills after the deploy, and checkouts that fail at its end.
fn fill(still: &Still, deploy: Timestamp) {
    let mut failures = 0.0;
    for second in (-1800..=(still.now().since(deploy).as_secs() as i64)).step_by(5) {
        let at = Timestamp::from_ms(deploy.as_ms() + second * 1000);
        for number in 1..=3_i64 {
            let wobble = (second * (7 + number) % 41) as f64 / 41.0;
            let leaked = if second > 0 { (second as f64 / 740.0 * 17.0).min(17.0) } else { 0.0 };
            let instance = format!("checkout-{number}");
            let of = |name: &str| {
                Labels::new([("__name__", name), ("service", "checkout"), ("instance", instance.as_str())])
            };
            let used = (2.0 + wobble * 1.5 + leaked).min(20.0);
            still.sample(&of("db_pool_in_use"), at, used).expect("in order");
            still.sample(&of("db_pool_size"), at, 20.0).expect("in order");
            failures += if used > 19.0 { 0.4 } else { 0.0 };
            still.sample(&of("checkout_failures_total"), at, failures).expect("in order");
        }
    }
}
