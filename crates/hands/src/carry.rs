//! Carry out one order: refuse what must not be sent, then send it, once, bounded in time.

use std::path::PathBuf;
use std::time::Duration;

use andon_vocabulary::{Action, Order, OrderResult};
use tokio::time::Instant;

use crate::platform::local::Local;
use crate::secrets::{Secrets, Used};
use crate::{http, process, warrant};

/// What the hands hold while they work.
pub struct World {
    pub data_dir: PathBuf,
    pub instance_id: String,
    pub secrets: Secrets,
    pub local: Local,
}

/// For actions that have their own sense of time, how much longer they may take to say so.
const SLACK: Duration = Duration::from_secs(2);

pub async fn carry(world: &World, order: &Order) -> OrderResult {
    if let Some(why) = warrant::refusal(order, Some(&world.data_dir), warrant::now()) {
        return OrderResult::Refused { why };
    }
    let timeout = order.timeout;
    tokio::time::timeout(timeout + SLACK, act(world, order)).await.unwrap_or_else(|_| OrderResult::Unknown {
        why: format!("{} did not end within {timeout:?}", order.action),
    })
}

async fn act(world: &World, order: &Order) -> OrderResult {
    let mut used = Used::default();
    let result = match &order.action {
        Action::Http { method, url, headers, body } => match world.secrets.resolve_all(headers, &mut used) {
            Ok(headers) => {
                let request = http::Request {
                    method,
                    url,
                    headers: &headers,
                    body: body.as_deref(),
                    key: Some(&order.key),
                };
                http::carry(request, order.timeout).await
            }
            Err(error) => OrderResult::Failed { error },
        },
        Action::Process { argv, env, cwd } => match world.secrets.resolve_all(env, &mut used) {
            Ok(env) => {
                let step = process::Step {
                    argv,
                    env: &env,
                    cwd: cwd.as_deref(),
                    key: &order.key,
                    instance_id: &world.instance_id,
                    timeout: order.timeout,
                };
                process::carry(step).await
            }
            Err(error) => OrderResult::Failed { error },
        },
        Action::Restart { service, .. }
        | Action::Scale { service, .. }
        | Action::Run { service, .. }
        | Action::Fault { service, .. } => {
            let deadline = Instant::now() + order.timeout;
            world.local.carry(service, order, deadline).await
        }
    };
    hide(result, &used)
}

fn hide(result: OrderResult, used: &Used) -> OrderResult {
    match result {
        OrderResult::Done { detail } => OrderResult::Done { detail: used.hide(&detail) },
        OrderResult::Failed { error } => OrderResult::Failed { error: used.hide(&error) },
        OrderResult::Refused { why } => OrderResult::Refused { why: used.hide(&why) },
        OrderResult::Unknown { why } => OrderResult::Unknown { why: used.hide(&why) },
    }
}
