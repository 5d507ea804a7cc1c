//! The HTTP API as an OpenAPI document, for whoever generates a client: written from one row for each route, which a
//! test holds against the routes themselves.

mod commands;
mod rows;
#[cfg(test)]
mod tests;

use axum::Json;
use serde_json::{Map, Value, json};

use rows::{ROWS, Row, Says, TAKES, Takes};

/// `GET /api/v1/openapi.json`.
pub async fn show() -> Json<Value> {
    Json(document())
}

fn document() -> Value {
    let mut paths = Map::new();
    for row in ROWS {
        let operations = row.methods.iter().map(|method| (method.to_lowercase(), operation(row, method)));
        paths.insert(row.path.to_owned(), Value::Object(operations.collect()));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Andon",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What Andon knows, and commands to it; beside them the HTTP API of Prometheus.",
        },
        "paths": paths,
        "components": { "schemas": schemas() },
    })
}

fn operation(row: &Row, method: &str) -> Value {
    let named = row.path.split(['{', '}']).skip(1).step_by(2);
    let mut parameters: Vec<Value> = named
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let mut operation = Map::from_iter([("summary".to_owned(), json!(row.about))]);
    let has_form = method == "POST" && row.methods.contains(&"GET");
    if row.takes == Takes::Command {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "made up for each command; the same again is the same command, answered the same way",
            "schema": { "type": "string", "minLength": 1, "maxLength": 200 },
        }));
        operation.insert("requestBody".to_owned(), body("application/json", &reference("Told")));
    } else if let (Takes::Document(fields), "POST" | "PUT") = (row.takes, method) {
        operation.insert("requestBody".to_owned(), body("application/json", &object(fields)));
    } else if row.takes == Takes::Samples {
        let bytes = json!({ "type": "string", "format": "binary" });
        operation.insert("requestBody".to_owned(), body("application/x-protobuf", &bytes));
    } else if row.takes == Takes::Payload {
        operation.insert("requestBody".to_owned(), body("application/json", &json!({})));
    } else if let (Takes::FieldsOrJson(_), "POST") = (row.takes, method) {
        operation.insert("requestBody".to_owned(), body("application/json", &json!({})));
    } else if let (Takes::Fields(fields), true) = (row.takes, has_form) {
        let properties: Map<String, Value> =
            fields.iter().map(|name| ((*name).to_owned(), field(name))).collect();
        let form = json!({ "type": "object", "properties": properties });
        operation.insert("requestBody".to_owned(), body("application/x-www-form-urlencoded", &form));
    } else if let Takes::Fields(fields) | Takes::FieldsOrJson(fields) = row.takes {
        parameters
            .extend(fields.iter().map(|name| json!({ "name": name, "in": "query", "schema": field(name) })));
    }
    operation.insert("parameters".to_owned(), Value::Array(parameters));
    operation.insert("responses".to_owned(), responses(row.says));
    Value::Object(operation)
}

/// A field of a form or of an address; one that ends in `[]` may be given several times.
fn field(name: &str) -> Value {
    let (_, about) = TAKES.iter().find(|(known, _)| *known == name).expect("every field is told of once");
    let one = json!({ "type": "string" });
    if name.ends_with("[]") {
        json!({ "type": "array", "items": one, "description": about })
    } else {
        json!({ "type": "string", "description": about })
    }
}

/// A document with these fields; those that may be left out end in `?`.
fn object(fields: &[&str]) -> Value {
    let kind = |field: &str| match field {
        "grants" | "scopes" => json!({ "type": "array", "items": { "type": "string" } }),
        "disabled" => json!({ "type": "boolean" }),
        _ => json!({ "type": "string" }),
    };
    let names = fields.iter().map(|field| field.trim_end_matches('?'));
    let properties: Map<String, Value> = names.map(|name| (name.to_owned(), kind(name))).collect();
    let required: Vec<&&str> = fields.iter().filter(|field| !field.ends_with('?')).collect();
    json!({ "type": "object", "required": required, "additionalProperties": false, "properties": properties })
}

fn body(kind: &str, schema: &Value) -> Value {
    json!({ "required": true, "content": { kind: { "schema": schema } } })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn responses(says: Says) -> Value {
    let answer = |about: &str, kind: &str, schema: Value| json!({ "description": about, "content": { kind: { "schema": schema } } });
    match says {
        Says::Json => json!({
            "200": answer("as it is now", "application/json", json!({})),
            "default": answer("why not, and what to try", "application/problem+json", reference("Problem")),
        }),
        Says::Receipt => json!({
            "200": answer("it is durable", "application/json", reference("Receipt")),
            "default": answer("why not, and what to try", "application/problem+json", reference("Problem")),
        }),
        Says::Taken => json!({
            "200": answer("it is durable: how much of what it said became what", "application/json", json!({})),
            "default": answer("why not", "application/json", json!({})),
        }),
        Says::Accepted => json!({
            "202": answer("it is durable", "application/json", json!({})),
            "default": answer("why not", "application/json", json!({})),
        }),
        Says::Events => {
            json!({ "200": answer("until one leaves", "text/event-stream", json!({ "type": "string" })) })
        }
        Says::Prometheus => json!({
            "200": answer("the data, and what is to be said of it", "application/json", reference("Success")),
            "default": answer("why not", "application/json", reference("Error")),
        }),
        Says::Alertmanager => json!({
            "200": answer("as Alertmanager says it", "application/json", json!({})),
            "default": answer("why not", "application/json", json!({})),
        }),
        Says::Nothing => {
            json!({ "204": { "description": "it is done" }, "default": { "description": "why not" } })
        }
        Says::Text => json!({ "200": answer("text", "text/plain", json!({ "type": "string" })) }),
    }
}

fn schemas() -> Value {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    json!({
        "Told": {
            "type": "object",
            "required": ["command"],
            "additionalProperties": false,
            "properties": {
                "who": { "type": "string", "description": "a handle of a team's people; needed only where nobody signs in", "maxLength": 100 },
                "via": { "type": "string", "default": "api" },
                "command": { "oneOf": commands::schemas() },
            },
        },
        "Receipt": {
            "type": "object",
            "required": ["done"],
            "properties": {
                "done": { "type": "string", "description": "what the command did, in words" },
                "incident": { "type": ["string", "null"], "examples": ["INC-1"] },
                "run": { "type": ["string", "null"], "examples": ["RUN-1"] },
                "change": { "type": ["string", "null"], "examples": ["CHG-1"] },
            },
        },
        "Problem": {
            "type": "object",
            "description": "RFC 9457",
            "required": ["title", "status", "detail"],
            "properties": { "title": text, "status": { "type": "integer" }, "detail": text, "hint": text },
        },
        "Success": {
            "type": "object",
            "required": ["status", "data"],
            "properties": { "status": { "const": "success" }, "data": {}, "warnings": texts, "infos": texts },
        },
        "Error": {
            "type": "object",
            "required": ["status", "errorType", "error"],
            "properties": { "status": { "const": "error" }, "errorType": text, "error": text },
        },
    })
}
