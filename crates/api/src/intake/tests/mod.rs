//! The doors over a real state that is turned by hand.

mod beside;
mod proven;
mod said;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use andon_vocabulary::{CatalogTexts, Input, Started, Timestamp};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::peer::Peer;
use crate::port::Loop;
use crate::router;
use crate::still::Still;

/// 2026-11-23T09:00:00Z.
const NOW: Timestamp = Timestamp::from_ms(1_795_424_400_000);

const OPS: &str = "
apiVersion: andon/v1
kind: Instance
metadata: { name: shop }
spec: { default_team: shop }
---
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people: { ana: { timezone: UTC, contact: [ { channel: web } ] } }
  oncall: { primary: { people: [ana], every: 1w, handover: { day: mon, at: '09:00', timezone: UTC } } }
  escalation: [ { page: 'oncall:primary' } ]
---
apiVersion: andon/v1
kind: Service
metadata: { name: checkout }
spec: { owner: shop }
---
apiVersion: andon/v1
kind: Source
metadata: { name: am }
spec: { format: alertmanager, secret: am-token, labels: { site: eu }, service: checkout }
---
apiVersion: andon/v1
kind: Source
metadata: { name: pager }
spec: { format: pagerduty, secret: 0123456789abcdef0123456789abcdef, acknowledged_by: ana }
---
apiVersion: andon/v1
kind: Source
metadata: { name: genie }
spec: { format: opsgenie, secret: genie-key }
---
apiVersion: andon/v1
kind: Source
metadata: { name: aws }
spec: { format: sns, topics: ['arn:aws:sns:eu-west-1:123456789012:alarms'] }
---
apiVersion: andon/v1
kind: Source
metadata: { name: farm }
spec:
  format: generic
  secret: { hmac: farm-key, header: X-Signature, timestamp_header: X-Time }
  rate: 3
  mapping:
    items: /builds
    key: '${{ item.id }}'
    resolved: item.ok
    labels: { alertname: BuildFailed, severity: warning }
---
apiVersion: andon/v1
kind: Source
metadata: { name: hub }
spec: { format: github, secret: { hmac: hub-key } }
---
apiVersion: andon/v1
kind: Source
metadata: { name: events }
spec:
  format: cloudevents
  secret: events-token
  mapping: { key: '${{ body.id }}', resolved: item.ok, labels: { alertname: '${{ body.type }}', branch: '${{ item.branch }}' } }
---
apiVersion: andon/v1
kind: Source
metadata: { name: broken }
spec: { format: grafana, secret: secret:env/NOWHERE }
---
apiVersion: andon/v1
kind: Source
metadata: { name: night-pager }
spec: { format: pagerduty, incumbent: true, secret: { hmac: webhook-key }, names: { PANA: ana }, rate: 5 }
---
apiVersion: andon/v1
kind: Source
metadata: { name: old-am }
spec: { format: alertmanager, incumbent: true, secret: old-token }
";

struct Site {
    router: Router,
    still: Arc<Still>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Site {
    fn new() -> Site {
        Site::of(OPS)
    }

    /// Where people and programs say who they are.
    fn asking() -> Site {
        Site::of(&OPS.replacen("default_team: shop", "default_team: shop, identity: {}", 1))
    }

    fn of(ops: &str) -> Site {
        let still = Arc::new(Still::new(NOW));
        let started = Started { term: 1, version: "0".to_owned(), moved: false, address: None };
        still.turn(Input::Started(started)).expect("it starts");
        let files = [("ops.yaml".to_owned(), ops.to_owned())].into();
        still.turn(Input::Catalog(CatalogTexts { hash: "shop".to_owned(), files })).expect("definitions");
        assert_eq!(still.view().catalog().sources.len(), 10);
        Site { router: router(Arc::<Still>::clone(&still)), still }
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::post(path).header("host", "127.0.0.1:7070");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let here = Peer { address: Ipv4Addr::LOCALHOST.into(), tls: false };
        let request = request.extension(here).body(Body::from(body.to_owned())).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    /// Each alert that fires: its name, its severity and who pages for it.
    fn firing(&self) -> Vec<String> {
        let view = self.still.view();
        let alerts = view.monitor.alerts.values().map(|alert| {
            let label = |name| alert.labels.get(name).unwrap_or("-");
            format!(
                "{} {} {:?}",
                label("alertname"),
                label("severity"),
                alert.service.as_deref().unwrap_or("-")
            )
        });
        alerts.collect()
    }

    fn wait(&self, span: Duration) {
        let now = self.still.now() + span;
        self.still.set_now(now);
        let _ = self.still.turn(Input::Tick);
    }
}

fn group(status: &str) -> String {
    json!({ "version": "4", "alerts": [{ "status": status, "labels": { "alertname": "DiskFull", "site": "us" },
        "startsAt": "2026-11-23T08:59:00Z", "endsAt": "2026-11-23T08:59:30Z" }] })
    .to_string()
}

fn event(action: &str, summary: &str, severity: &str) -> String {
    json!({ "routing_key": "0123456789abcdef0123456789abcdef", "event_action": action, "dedup_key": "db-1/disk",
        "payload": { "summary": summary, "source": "db-1", "severity": severity } })
    .to_string()
}
