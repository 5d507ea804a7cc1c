//! Alerts, as Andon knows them; what Prometheus's clients ask for is answered in their own shape, beside this.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::Shared;
use crate::wire;

pub async fn alerts(State(shared): State<Shared>) -> Json<Value> {
    let view = shared.view();
    Json(view.monitor.alerts.iter().map(|(id, alert)| wire::alert(*id, alert, &view)).collect())
}
