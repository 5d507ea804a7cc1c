//! The commands as schemas: each an object with one key, its name.

use serde_json::{Map, Value, json};

/// Each command with its fields; those that may be left out end in `?`.
pub(super) const COMMANDS: &[(&str, &[&str])] = &[
    ("acknowledge", &["incident"]),
    ("resolve", &["incident", "reason"]),
    ("note", &["incident", "text"]),
    ("override", &["incident", "severity", "reason"]),
    ("declare", &["service", "title"]),
    ("start_run", &["runbook", "incident?", "inputs"]),
    ("approve", &["run", "step", "preview", "reason?"]),
    ("reject", &["run", "step", "reason"]),
    ("answer", &["run", "step", "answer", "reason"]),
    ("abort", &["run", "reason"]),
    ("deploy", &["service", "version"]),
    ("roll_back", &["service", "reason"]),
    ("record_change", &["service", "version", "note"]),
    ("fault", &["service", "fault", "on"]),
    ("silence", &["silence", "replaces?"]),
    ("lift_silence", &["silence"]),
    ("take_over", &["team", "rotation", "person", "from", "until", "reason?"]),
    ("give_back", &["taken"]),
    ("offer_swap", &["team", "rotation", "to", "gives", "takes?", "reason?"]),
    ("accept_swap", &["swap"]),
    ("decline_swap", &["swap", "reason?"]),
    ("halt", &["reason"]),
    ("release", &["reason"]),
    ("edit_review", &["review", "conditions", "surprised", "helped"]),
    ("add_action", &["review", "text", "owner", "due"]),
    ("close_review", &["review", "closing"]),
    ("break_glass", &["reason", "minutes"]),
    ("review_glass", &["glass", "note"]),
];

pub(super) fn schemas() -> Vec<Value> {
    COMMANDS.iter().map(|(name, fields)| schema(name, fields)).collect()
}

fn schema(name: &str, fields: &[&str]) -> Value {
    let required: Vec<&str> = fields.iter().copied().filter(|field| !field.ends_with('?')).collect();
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| field.trim_end_matches('?'))
        .map(|field| (field.to_owned(), kind(name, field)))
        .collect();
    let fields = json!({ "type": "object", "required": required, "properties": properties });
    json!({
        "type": "object",
        "required": [name],
        "additionalProperties": false,
        "properties": { name: fields },
    })
}

fn kind(command: &str, field: &str) -> Value {
    match field {
        "silence" if command == "silence" => silence(),
        "on" => json!({ "type": "boolean" }),
        "minutes" => json!({ "type": "integer", "minimum": 1 }),
        "severity" => json!({ "type": "integer", "minimum": 1, "maximum": 4 }),
        "inputs" => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        "answer" => json!({ "enum": ["done", "repeat", "abort"] }),
        "due" | "from" | "until" => json!({ "type": "string", "format": "date-time" }),
        "gives" | "takes" => stretch(),
        "preview" => json!({ "type": "string", "description": "the hash of the preview that was seen" }),
        "closing" => {
            json!({ "type": "object", "description": "how it was mended, or until when it need not be" })
        }
        _ => json!({ "type": "string" }),
    }
}

fn stretch() -> Value {
    let time = json!({ "type": "string", "format": "date-time" });
    json!({ "type": "object", "required": ["from", "until"], "properties": { "from": time, "until": time } })
}

fn silence() -> Value {
    let (text, time) = (json!({ "type": "string" }), json!({ "type": "string", "format": "date-time" }));
    let matcher = json!({
        "type": "object",
        "required": ["name", "op", "value"],
        "properties": { "name": text, "op": { "enum": ["=", "!=", "=~", "!~"] }, "value": text },
    });
    json!({
        "type": "object",
        "required": ["id", "matchers", "starts_at", "ends_at", "created_by", "comment"],
        "properties": {
            "id": text,
            "matchers": { "type": "array", "minItems": 1, "items": matcher },
            "starts_at": time,
            "ends_at": time,
            "created_by": text,
            "comment": text,
            "weekly": {
                "type": "object",
                "required": ["days", "from", "to", "timezone"],
                "properties": {
                    "days": { "type": "array", "items": text },
                    "from": text,
                    "to": text,
                    "timezone": text,
                },
            },
            "owner": text,
            "lift_on_severity": { "type": "boolean" },
        },
    })
}
