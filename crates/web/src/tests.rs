//! The pages over a real state that is turned by hand: what is on them, and what their forms do.

use std::sync::Arc;
use std::time::Duration;

use andon_api::still::Still;
use andon_api::{Loop, scene};
use andon_vocabulary::{
    CatalogTexts, Command, Effect, IncidentId, Input, Labels, OrderResult, Outcome, Received, ReceivedAlert,
    RunId, SourceSeen,
};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use tower::ServiceExt;

use crate::router;

mod deliveries;
mod oncall;
mod shadow;
mod silences;
mod why;

struct Site {
    router: Router,
    still: Arc<Still>,
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: String,
}

impl Site {
    fn of(still: Still) -> Site {
        let still = Arc::new(still);
        Site { router: router(Arc::<Still>::clone(&still)), still }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1:7070");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response =
            self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str) -> String {
        let answer = self.send(Method::GET, path, &[], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    async fn post(&self, path: &str, person: &str, body: &str) -> Answer {
        let cookie = format!("andon_person={person}");
        let kind = "application/x-www-form-urlencoded";
        self.send(Method::POST, path, &[("content-type", kind), ("cookie", &cookie)], body).await
    }
}

/// What the answer's flash cookie would show on the next page.
fn said(answer: &Answer) -> String {
    let cookie =
        answer.headers.get(header::SET_COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let coded =
        cookie.strip_prefix("andon_said=").and_then(|rest| rest.split(';').next()).unwrap_or_default();
    crate::flash::Flash::decode(coded).map(|flash| flash.text).unwrap_or_default()
}

/// The hash that stands in the approval form.
fn preview_hash(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"preview\" value=\"").expect("an approval form");
    rest.split('"').next().unwrap().to_owned()
}

#[track_caller]
fn has(page: &str, wanted: &[&str]) {
    for text in wanted {
        assert!(page.contains(text), "{text:?} is missing in\n{page}");
    }
}

#[tokio::test]
async fn a_quiet_evening_says_so() {
    let site = Site::of(scene::quiet(scene::EVENING));
    let page = site.get("/").await;
    has(
        &page,
        &["Nothing is on fire", "you (ana)", "23 Nov 08:00 UTC", "3/3", "v41", "Nothing was changed."],
    );
    for path in ["/incidents", "/alerts", "/alerts?q=nothing", "/reviews"] {
        site.get(path).await;
    }
}

#[tokio::test]
async fn now_shows_the_fire_the_approval_and_the_change() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let page = site.get("/").await;
    has(
        &page,
        &[
            "checkout has hardly a database connection left",
            "SEV2",
            "Roll back checkout v42 → v41",
            "run checkout v41 instead of v42",
            "max(db_pool_in_use / db_pool_size) below 0.8 for 10s, within 2m",
            "diagnose measured",
            "0.97",
            "deploy v41 → v42",
            "data-badge=\"incidents\">1<",
        ],
    );
}

/// Everybody was tried, no provider took anything, and no step is left.
#[tokio::test]
async fn who_was_only_tried_is_not_called_told_and_now_says_that_nobody_is_left() {
    let site = Site::of(scene::quiet(scene::EVENING));
    let labels = [("service", "checkout"), ("severity", "critical")];
    scene::fire(&site.still, "checkout/DbPoolExhausted", &labels, 0.97);
    let told = "<dt>Told</dt><dd>nobody</dd><dt>Not reached</dt><dd>";
    has(&site.get("/incidents/INC-1").await, &[told]);
    assert!(!site.get("/").await.contains("nobody is left to page"));
    for _ in 0..500 {
        scene::wait(&site.still, Duration::from_secs(60));
        scene::turn(&site.still, Input::Tick);
        for owed in site.still.view().owed(site.still.now()) {
            if matches!(owed.effect, Effect::Deliver(_)) {
                let outcome =
                    Outcome::NotDelivered { error: "503".to_owned(), lasting: true, retry_after_s: None };
                let (intent, attempt) = (owed.intent, owed.attempt);
                scene::turn(&site.still, Input::Outcome { intent, attempt, outcome });
            }
        }
    }
    has(&site.get("/incidents/INC-1").await, &[told, "none is left"]);
    has(&site.get("/").await, &["nobody is left to page"]);
    scene::say(&site.still, "ana", "ack", Command::Acknowledge { incident: IncidentId(1) });
    assert!(!site.get("/").await.contains("nobody is left to page"));

    let site = Site::of(scene::leaking(scene::EVENING));
    let page = site.get("/incidents/INC-1").await;
    assert!(page.contains("<dt>Told</dt><dd><a") && !page.contains("Not reached"), "{page}");
}

#[tokio::test]
async fn an_incident_has_its_chart_impact_suspects_and_timeline() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let page = site.get("/incidents/INC-1").await;
    has(
        &page,
        &[
            "data-bound=\"0.9\"",
            "checkouts fail per minute",
            "EUR",
            "deploy:checkout@v42",
            "class=\"automation\"",
            "class=\"alert\"",
            "class=\"change\"",
            "form=\"approve-RUN-1\"",
            "data-key=\"run-RUN-1\"",
            "Add note",
            "nobody",
        ],
    );
    has(&page, &["data-chart=\"max by (service) (db_pool_in_use{service=&quot;checkout&quot;}"]);
}

#[tokio::test]
async fn acknowledging_needs_no_script_and_is_said_once() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let answer = site.post("/incidents/INC-1/acknowledge", "ben", "key=k1&back=/alerts?q=pool").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[header::LOCATION], "/alerts?q=pool");
    assert!(said(&answer).starts_with("INC-1 acknowledged by ben"), "{}", said(&answer));
    let flash = answer.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = site.send(Method::GET, "/incidents/INC-1", &[("cookie", &flash)], "").await;
    has(&page.body, &["Done: ", "acknowledged", "<b>ben</b>"]);
    assert!(page.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    let fragment =
        site.send(Method::GET, "/incidents/INC-1", &[("cookie", &flash), ("x-fragment", "main")], "").await;
    assert!(!fragment.headers.contains_key(header::SET_COOKIE));
}

#[tokio::test]
async fn an_approval_binds_to_what_was_shown() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let hash = preview_hash(&site.get("/runs/RUN-1").await);
    let stale = site.post("/runs/RUN-1/approve", "ana", "key=a&step=gate&preview=0000").await;
    assert!(said(&stale).contains("has changed since you looked"), "{}", said(&stale));
    let answer = site.post("/runs/RUN-1/approve", "ana", &format!("key=b&step=gate&preview={hash}")).await;
    assert_eq!(said(&answer), "ana approved RUN-1");
    scene::carry_out(&site.still);
    let page = site.get("/runs/RUN-1").await;
    has(&page, &["verifying", "ana approved", "watching whether it helps"]);
}

#[tokio::test]
async fn a_no_needs_a_reason() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let answer = site.post("/runs/RUN-1/reject", "ana", "key=a&step=gate&reason=+").await;
    assert!(said(&answer).starts_with("a reason is missing"), "{}", said(&answer));
    let answer = site.post("/runs/RUN-1/reject", "ana", "key=b&step=gate&reason=a+fix+is+on+its+way").await;
    assert_eq!(said(&answer), "ana rejected RUN-1: a fix is on its way");
}

#[tokio::test]
async fn an_unknown_outcome_is_told_as_a_sentence() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let hash = preview_hash(&site.get("/runs/RUN-1").await);
    site.post("/runs/RUN-1/approve", "ana", &format!("key=b&step=gate&preview={hash}")).await;
    let started = andon_vocabulary::Started { term: 2, version: "0".to_owned(), moved: false, address: None };
    scene::turn(&site.still, Input::Started(started));
    has(&site.get("/runs/RUN-1").await, &["don't know whether it happened", "looking …"]);
    scene::wait(&site.still, Duration::from_secs(600));
    scene::turn(&site.still, Input::Tick);
    for owed in site.still.view().owed(site.still.now()) {
        if matches!(owed.effect, Effect::LookUp(_)) {
            let answer = andon_vocabulary::Answer::Happened { evidence: "v41 3/3".to_owned() };
            let outcome = Outcome::LookedUp(answer);
            scene::turn(&site.still, Input::Outcome { intent: owed.intent, attempt: owed.attempt, outcome });
        }
    }
    has(&site.get("/runs/RUN-1").await, &["it did: v41 3/3; not repeated"]);
    let page = site.get("/incidents/INC-1").await;
    assert_eq!(page.matches("id=\"entry-").count(), {
        let mut ids: Vec<&str> =
            page.split("id=\"entry-").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    });
}

#[tokio::test]
async fn a_review_is_written_and_closed() {
    let site = Site::of(scene::leaking(scene::EVENING));
    site.post("/incidents/INC-1/resolve", "ana", "key=r&reason=rolled+back+by+hand").await;
    has(&site.get("/reviews").await, &["REV-1"]);
    has(&site.get("/").await, &["No incident is going on, but", "1 alert fires"]);
    has(&site.get("/reviews/REV-1").await, &["no data", "deploy:checkout@v42", "Seven times"]);
    let early = site.post("/reviews/REV-1/close", "ana", "key=c0&with=change&link=abcdef0").await;
    assert!(said(&early).contains("does not say what made the incident possible"), "{}", said(&early));
    site.post("/reviews/REV-1/edit", "ana", "key=e&conditions=no+limit&surprised=&helped=").await;
    let answer =
        site.post("/reviews/REV-1/actions", "ana", "key=a&text=limit+it&owner=ben&due=2026-12-01").await;
    assert!(said(&answer).contains("limit it"), "{}", said(&answer));
    has(&site.get("/reviews/REV-1").await, &["limit it", "no limit"]);
    site.post("/reviews/REV-1/close", "ana", "key=c1&with=change&link=abcdef0").await;
    let gone = site.send(Method::GET, "/reviews/REV-1", &[], "").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    has(&gone.body, &["A closed review stands in the timeline"]);
}

#[tokio::test]
async fn a_closed_incident_stays_readable() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let reason = "over".to_owned();
    scene::say(&site.still, "ana", "r", Command::Resolve { incident: IncidentId(1), reason });
    scene::wait(&site.still, Duration::from_secs(3600));
    scene::turn(&site.still, Input::Tick);
    has(&site.get("/incidents/INC-1").await, &["closed", "it did not come back", "data-until="]);
    has(&site.get("/runs/RUN-1").await, &["db-pool-exhausted"]);
}

#[tokio::test]
async fn hostile_labels_and_titles_are_escaped() {
    let hostile = "\"><script>alert(1)</script>";
    let site = Site::of(scene::quiet(scene::EVENING));
    let labels = [("service", "checkout"), ("severity", "critical"), ("instance", hostile)];
    scene::fire(&site.still, "every-service/InstanceDown", &labels, 0.0);
    let declare = Command::Declare { service: "cart".into(), title: hostile.to_owned() };
    scene::say(&site.still, "ana", "d", declare);
    scene::say(&site.still, "ana", "n", Command::Note { incident: IncidentId(1), text: hostile.to_owned() });
    for path in
        ["/", "/incidents", "/incidents/INC-1", "/incidents/INC-2", "/alerts", "/alerts?q=%22%3E%3Cscript%3E"]
    {
        let page = site.get(path).await;
        assert!(!page.contains("<script>alert"), "{path}");
        assert!(page.contains("&gt;&lt;script&gt;"), "{path}");
    }
}

#[tokio::test]
async fn a_fragment_is_the_main_part_alone() {
    let site = Site::of(scene::leaking(scene::EVENING));
    for path in ["/", "/incidents", "/incidents/INC-1", "/alerts", "/runs/RUN-1", "/reviews"] {
        let answer = site.send(Method::GET, path, &[("x-fragment", "main")], "").await;
        assert!(
            answer.body.starts_with("<main") && answer.body.ends_with("</main>"),
            "{path}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn pages_are_fenced_in_and_strangers_kept_out() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let answer = site.send(Method::GET, "/", &[], "").await;
    assert!(
        answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'self'")
    );
    assert_eq!(answer.headers[header::X_FRAME_OPTIONS], "DENY");
    let inline = ["<style", "<script>", "javascript:", " onclick", " style="];
    assert!(inline.iter().all(|text| !answer.body.contains(text)));
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for stranger in [("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")] {
        let answer =
            site.send(Method::POST, "/incidents/INC-1/acknowledge", &[kind, stranger], "key=k").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{stranger:?}");
    }
    let missing = site.send(Method::GET, "/incidents/INC-9", &[], "").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(site.send(Method::GET, "/nowhere", &[], "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn assets_are_asked_for_once_per_build() {
    let site = Site::of(scene::quiet(scene::EVENING));
    let first = site.send(Method::GET, "/assets/andon.css", &[], "").await;
    let tag = first.headers[header::ETAG].to_str().unwrap().to_owned();
    let again = site.send(Method::GET, "/assets/andon.css", &[("if-none-match", &tag)], "").await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(site.send(Method::GET, "/assets/../Cargo.toml", &[], "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_name_of_any_length_takes_three_lines() {
    let site = Site::of(scene::quiet(scene::EVENING));
    let name = "NoConnectionsLeft".repeat(60);
    let labels = [("alertname", name.as_str()), ("service", "checkout"), ("severity", "critical")];
    let alert = ReceivedAlert {
        labels: Labels::new(labels),
        annotations: Labels::default(),
        starts_at: scene::EVENING,
        ends_at: scene::EVENING + Duration::from_secs(3600),
        open_ended: false,
        generator: "".into(),
    };
    let (source, alerts) = ("test".into(), vec![alert]);
    let received = Received { source, alerts, heard: Vec::new(), payload: None, by: None };
    scene::turn(&site.still, Input::Received(received));
    for (path, bounded) in [
        ("/", "<div class=\"clamp\" "),
        ("/alerts", "<b class=\"clamp\" "),
        ("/incidents", "<div class=\"clamp\" "),
        ("/incidents/INC-1", "<h1 "),
    ] {
        let page = site.get(path).await;
        let at = page.find(&format!("title=\"{name}")).expect(path);
        let opened = &page[page[..at].rfind('<').expect("an element")..at];
        assert_eq!(opened, bounded, "{path}");
    }
    let style = site.get("/assets/andon.css").await;
    has(&style, &[".clamp, .title h1 {", "-webkit-line-clamp: 3"]);
}

#[tokio::test]
async fn a_halt_is_on_the_page_until_it_is_released() {
    let site = Site::of(scene::quiet(scene::EVENING));
    site.post("/halt", "ana", "key=h&reason=we+move+house").await;
    has(&site.get("/").await, &["All automation is halted", "we move house", "Release"]);
    site.post("/release", "ana", "key=r&reason=moved").await;
    assert!(!site.get("/").await.contains("All automation is halted"));
}

#[tokio::test]
async fn a_run_that_a_halt_stopped_is_not_at_work() {
    let site = Site::of(scene::quiet(scene::EVENING));
    scene::fire(
        &site.still,
        "checkout/DbPoolExhausted",
        &[("service", "checkout"), ("severity", "critical")],
        0.97,
    );
    has(&site.get("/runs/RUN-1").await, &["at work"]);
    site.post("/halt", "ana", "key=h&reason=wait").await;
    for path in ["/runs/RUN-1", "/incidents/INC-1"] {
        let page = site.get(path).await;
        assert!(page.contains("halted") && !page.contains("at work"), "{path}: {page}");
    }
    site.post("/release", "ana", "key=r&reason=go").await;
    has(&site.get("/runs/RUN-1").await, &["at work"]);
}

#[tokio::test]
async fn what_became_of_a_step_is_asked_beside_the_end_of_its_incident() {
    let site = Site::of(scene::leaking(scene::EVENING));
    let view = site.still.view();
    let (step, ask) = view.respond.runs.get(RunId(1)).and_then(|run| run.ask()).expect("it asks");
    let (step, preview) = (step, ask.preview.hash());
    let reason = Some("nobody else is there".to_owned());
    scene::say(&site.still, "ana", "a", Command::Approve { run: RunId(1), step, preview, reason });
    let owed = site.still.view().owed(site.still.now());
    let carried = owed.into_iter().find(|owed| matches!(owed.effect, Effect::Carry(_))).expect("an order");
    let unknown = Outcome::Carried(OrderResult::Unknown { why: "the connection broke".to_owned() });
    let (intent, attempt) = (carried.intent, carried.attempt);
    scene::turn(&site.still, Input::Outcome { intent, attempt, outcome: unknown });
    assert!(!site.get("/incidents/INC-1").await.contains("Nobody knows yet"), "its run says so itself");
    let reason = "it is quiet".to_owned();
    scene::say(&site.still, "ana", "r", Command::Resolve { incident: IncidentId(1), reason });
    for path in ["/incidents/INC-1", "/reviews/REV-1"] {
        has(&site.get(path).await, &["Nobody knows yet what became of a step of", "/runs/RUN-1"]);
    }
}

#[tokio::test]
async fn whoever_looks_can_say_who_they_are() {
    let site = Site::of(scene::quiet(scene::EVENING));
    let answer = site.post("/me", "ana", "person=ben&back=/reviews").await;
    assert!(answer.headers[header::SET_COOKIE].to_str().unwrap().starts_with("andon_person=ben;"));
    let answer = site.post("/me", "ana", "person=mallory&back=/").await;
    assert!(said(&answer).contains("nobody is called"));
}

#[tokio::test]
async fn ten_thousand_alerts_are_still_a_page() {
    let site = Site::of(scene::quiet(scene::EVENING));
    let labels = |number: u32| {
        let instance = format!("node-{number}");
        Labels::new([("service", "cart"), ("alertname", "InstanceDown"), ("instance", &instance)])
    };
    let active = |number| andon_vocabulary::Active {
        labels: labels(number),
        value: andon_vocabulary::Value(0.0),
        annotations: None,
    };
    let verdict = andon_vocabulary::Verdict {
        rule: "every-service/InstanceDown".into(),
        active: (0..10_000).map(active).collect(),
        gone: Vec::new(),
        error: None,
    };
    scene::turn(&site.still, Input::Verdict(verdict));
    let first = site.get("/alerts").await;
    has(&first, &["10000 pending", "page 1 of 100, 10000 alerts", "href=\"/alerts?page=2\""]);
    assert_eq!(first.matches("data-row").count(), 100);
    assert!(first.len() < 200_000, "{} bytes", first.len());
    has(&site.get("/alerts?page=100").await, &["page 100 of 100", "rel=\"prev\""]);
    let some = "q=instance%3D~%22node-77.%22%2C+service%3D%22cart%22";
    has(&site.get(&format!("/alerts?{some}")).await, &["10 match.", "Silence what matches"]);
    has(&site.get("/alerts?q=a%3D~%22%5B%22").await, &["That is no filter"]);
    has(&site.get("/alerts?told=no").await, &["No alert is like that"]);
    has(&site.get("/alerts/noisy").await, &["Worth a page?"]);
    let page = site.get("/alerts?q=pending+node-777").await;
    assert!(page.contains("node-7770") && !page.contains("node-1"), "{page}");
    assert_eq!(page.matches("data-row").count(), 11);
}

#[tokio::test]
async fn approving_ones_own_request_says_why() {
    let site = Site::of(scene::quiet(scene::EVENING));
    let inputs = [("service".to_owned(), "checkout".to_owned())].into();
    let start = Command::StartRun { runbook: "restart-for-memory".into(), incident: None, inputs };
    scene::say(&site.still, "ana", "start", start);
    let measure = andon_vocabulary::WatchId {
        run: RunId(1),
        step: "diagnose".into(),
        what: andon_vocabulary::WatchKind::Measure,
    };
    let says = andon_vocabulary::Says::Holds { value: andon_vocabulary::Value(2e8) };
    scene::turn(&site.still, Input::Reading(andon_vocabulary::Reading { watch: measure, says }));
    let page = site.get("/").await;
    has(
        &page,
        &["Restart checkout, every instance", "Why it cannot wait for a second person", "a run waits"],
    );
}

#[tokio::test]
async fn the_silence_of_a_store_elsewhere_is_said_without_its_password() {
    let still = Still::new(scene::EVENING);
    let text = "apiVersion: andon/v1\nkind: Instance\nmetadata: { name: proof }\nspec:\n  default_team: team:shop\n  \
                metrics: { prometheus: 'http://ana:secret@metrics.example:9090' }\n";
    let files = [("instance.yaml".into(), text.into())].into();
    scene::turn(&still, Input::Catalog(CatalogTexts { hash: "proof".to_owned(), files }));
    let site = Site::of(still);
    assert!(!site.get("/").await.contains("does not answer"));
    let silent = Some("connection refused".to_owned());
    scene::turn(&site.still, Input::Source(SourceSeen { target: "prometheus".into(), silent }));
    for path in ["/", "/targets", "/rules"] {
        let page = site.get(path).await;
        has(
            &page,
            &["The store of the samples does not answer", "metrics.example:9090", "connection refused"],
        );
        assert!(!page.contains("secret"), "{path}");
    }
}
