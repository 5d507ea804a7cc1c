//! Every 2xx beside those for alerts and silences of Alertmanager's API: what was answered so is kept, whether the process
//! is killed or the disk is full, and nothing is carried out twice.
//!
//! `ANDON_BOUNDARY_KILLS` says how often, `ANDON_SEED` repeats the moments as far as a real machine can.

mod deeds;
mod full;
mod kept;
mod killed;

use std::net::SocketAddr;

use crate::identity::serving::Serving;
use crate::real::{Home, Pager};

pub const SLACK: &str = "slack-signing-secret-of-boundary";
pub const TWILIO: &str = "twilio-token-of-boundary";
pub const ANSWERS: &str = "answers-secret-of-boundary";
pub const SOURCE: &str = "0123456789abcdef0123456789abcdef";
pub const DOORS: &str = "https://answers.example.org";

/// Each has one incident at a time.
const SERVICES: u64 = 500;

pub fn service(n: u64) -> String {
    format!("shop-{}", n % SERVICES)
}

/// Where people say who they are, can answer from Slack and by telephone, and programs come by doors of their own.
pub fn home(pager: &Pager) -> Home {
    let instance = format!(
        "apiVersion: andon/v1\nkind: Instance\nmetadata: {{ name: proof }}\nspec:\n  default_team: team:shop\n  identity: {{}}\n  \
         reopen_within: 0s\n  answers: {{ url: '{DOORS}', secret: {ANSWERS} }}\n  channels:\n    \
         hook: {{ webhook: {{ url: 'http://{}/' }} }}\n    \
         chat: {{ slack: {{ token: xoxb, signing_secret: {SLACK} }} }}\n    \
         call: {{ voice: {{ account: AC1, token: {TWILIO}, from: '+15550100' }} }}\n",
        pager.address()
    );
    let team = "\
apiVersion: andon/v1
kind: Team
metadata: { name: shop }
spec:
  people:
    ana: { timezone: UTC, contact: [ { channel: hook }, { channel: chat, to: U1 }, { channel: call, to: '+15550123' } ] }
    ben: { timezone: UTC, contact: [ { channel: hook } ] }
  oncall:
    primary: { people: [ana], every: 1w, handover: { day: mon, at: '09:00', timezone: UTC } }
  escalation: [ { page: [ana] } ]
";
    let service = |n: u64| {
        format!(
            "apiVersion: andon/v1\nkind: Service\nmetadata: {{ name: {} }}\nspec: {{ owner: team:shop, tier: 1 }}\n",
            service(n)
        )
    };
    let mut sources = (0..SERVICES).map(service).collect::<Vec<_>>().join("---\n");
    for format in ["alertmanager", "grafana", "pagerduty", "opsgenie", "eventbridge", "goalert", "oncall"] {
        sources.push_str(&format!(
            "---\napiVersion: andon/v1\nkind: Source\nmetadata: {{ name: {format} }}\nspec: {{ format: {format}, secret: secret:file/key, rate: 60000 }}\n"
        ));
    }
    for format in ["generic", "cloudevents"] {
        sources.push_str(&format!(
            "---\napiVersion: andon/v1\nkind: Source\nmetadata: {{ name: {format} }}\nspec:\n  format: {format}\n  secret: secret:file/key\n  rate: 60000\n  \
             mapping:\n    key: '${{{{ item.id }}}}'\n    labels: {{ alertname: '${{{{ item.id }}}}' }}\n"
        ));
    }
    let home =
        Home::new([("instance.yaml", instance), ("team.yaml", team.to_owned()), ("sources.yaml", sources)]);
    home.write("key", &format!("{SOURCE}\n"));
    home
}

/// ana is the first admin, and says so by a token from now on.
pub fn first(home: &Home) -> (Serving, String) {
    let mut server = Serving::of(home);
    server.first_admin();
    let token = server.token();
    (server, token)
}

/// Whom a deed is done to.
#[derive(Clone, Copy)]
pub struct To<'a> {
    pub address: SocketAddr,
    pub token: &'a str,
}
