//! What can be bought, and for how much.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::failure::Failure;
use crate::place::Place;
use crate::shop::Shop;

#[derive(Debug, Clone, Copy, Serialize)]
struct Product {
    sku: &'static str,
    name: &'static str,
    cents: u64,
}

const PRODUCTS: [Product; 8] = [
    Product { sku: "lamp", name: "Paper lamp", cents: 4_900 },
    Product { sku: "cord", name: "Pull cord, red", cents: 900 },
    Product { sku: "bell", name: "Brass bell", cents: 2_450 },
    Product { sku: "board", name: "Signal board", cents: 12_900 },
    Product { sku: "card", name: "Kanban cards, 50", cents: 1_250 },
    Product { sku: "stool", name: "Workshop stool", cents: 7_800 },
    Product { sku: "clock", name: "Takt clock", cents: 5_600 },
    Product { sku: "tea", name: "Night-shift tea", cents: 650 },
];

pub async fn run(place: Place) -> Result<(), String> {
    let shop = Shop::open(place, |_| {}, |_| {})?;
    let routes =
        Router::new().route("/products", get(async || Json(PRODUCTS))).route("/products/{sku}", get(product));
    shop.serve(routes).await
}

async fn product(Path(sku): Path<String>) -> Result<Json<Product>, Failure> {
    match PRODUCTS.iter().find(|product| product.sku == sku) {
        Some(product) => Ok(Json(*product)),
        None => Err(Failure::request(StatusCode::NOT_FOUND, format!("there is no product '{sku}'"))),
    }
}
