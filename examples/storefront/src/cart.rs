//! Puts prices on a cart. The shopper carries the cart along, so any instance can answer and none remembers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::{Failure, Reason};
use crate::peers::Peers;
use crate::place::{Place, Service};
use crate::shop::{RequestId, Shop};

const CATALOG_WAIT_MAX: Duration = Duration::from_millis(1500);
const QUANTITY_MAX: u64 = 99;

#[derive(Debug, Deserialize)]
struct Cart {
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    sku: String,
    quantity: u64,
}

#[derive(Debug, Deserialize)]
struct Price {
    sku: String,
    cents: u64,
}

pub async fn run(place: Place) -> Result<(), String> {
    let catalog = Arc::new(Peers::from_env(Service::Catalog, CATALOG_WAIT_MAX)?);
    let shop = Shop::open(place, |_| {}, |_| {})?;
    shop.serve(Router::new().route("/cart", post(price)).with_state(catalog)).await
}

async fn price(
    State(catalog): State<Arc<Peers>>,
    Extension(id): Extension<RequestId>,
    body: String,
) -> Result<Json<Value>, Failure> {
    let cart: Cart = serde_json::from_str(&body).map_err(|error| {
        let says =
            format!("a cart looks like {{\"items\": [{{\"sku\": \"tea\", \"quantity\": 1}}]}}: {error}");
        Failure::request(StatusCode::BAD_REQUEST, says)
    })?;
    let prices = prices(&catalog, &id).await?;
    let mut lines = Vec::new();
    let mut total = 0;
    for Item { sku, quantity } in cart.items {
        if !(1..=QUANTITY_MAX).contains(&quantity) {
            let says = format!("the quantity of '{sku}' is {quantity}; it must be from 1 to {QUANTITY_MAX}");
            return Err(Failure::request(StatusCode::UNPROCESSABLE_ENTITY, says));
        }
        let Some(cents) = prices.get(&sku) else {
            let says = format!("there is no product '{sku}'; take it out of the cart");
            return Err(Failure::request(StatusCode::UNPROCESSABLE_ENTITY, says));
        };
        total += cents * quantity;
        lines.push(json!({ "sku": sku, "quantity": quantity, "cents": cents * quantity }));
    }
    Ok(Json(json!({ "items": lines, "total_cents": total })))
}

async fn prices(catalog: &Peers, id: &RequestId) -> Result<BTreeMap<String, u64>, Failure> {
    let unavailable = |says: String| Failure::unavailable(Reason::CatalogUnavailable, says);
    let answer = catalog.get("/products", id).await.map_err(unavailable)?;
    if answer.code != StatusCode::OK {
        return Err(unavailable(format!("the catalog answered {}: {}", answer.code, answer.body)));
    }
    let prices: Vec<Price> = serde_json::from_value(answer.body)
        .map_err(|error| unavailable(format!("the catalog's prices cannot be read: {error}")))?;
    Ok(prices.into_iter().map(|price| (price.sku, price.cents)).collect())
}
