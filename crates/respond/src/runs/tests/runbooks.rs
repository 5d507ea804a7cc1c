//! The runbooks of the stories.

use serde_json::json;

/// Measure, ask, go back to the version before, verify, tell.
pub fn rollback() -> serde_json::Value {
    json!({
        "name": "db-pool",
        "doc": "go back",
        "owner": "team:payments",
        "on": { "alert": { "match": { "alertname": "DbPoolExhausted" } } },
        "inputs": { "service": { "type": "service", "from": "alert.service", "within": "owner" } },
        "scope": { "service": "${{ inputs.service }}" },
        "guardrails": { "lock": { "key": "service/${{ inputs.service }}" }, "max_duration": "2h" },
        "steps": [
            { "id": "diagnose", "uses": "promql", "with": { "query": "max(db_pool_in_use)" } },
            { "id": "gate", "approve": { "from": ["ana"], "not": "requester", "expires": "15m" } },
            {
                "id": "rollback",
                "uses": "platform.rollback",
                "with": { "service": "${{ inputs.service }}" },
                "verify": { "query": "max(db_pool_in_use)", "below": 80.0, "for": "10s", "within": "2m" },
                "irreversible": "the version before last worked",
            },
            { "id": "tell", "if": "always()", "uses": "notify",
              "with": { "to": "incident", "text": "${{ run.outcome }}: ${{ run.url }}" } },
        ],
    })
}

/// Scale out without asking anybody, and back in when it does not help.
pub fn scale() -> serde_json::Value {
    json!({
        "name": "scale-out",
        "doc": "more of them",
        "owner": "team:payments",
        "on": { "alert": { "match": { "alertname": "DbPoolExhausted" } } },
        "inputs": {
            "service": { "type": "service", "from": "alert.service", "within": "owner" },
            "add": { "type": "integer", "default": 2, "min": 1, "max": 4 },
        },
        "trust": { "start": "auto" },
        "steps": [
            {
                "id": "scale",
                "uses": "platform.scale",
                "with": { "service": "${{ inputs.service }}", "add": "${{ inputs.add }}", "max": 10 },
                "retry": { "max": 1, "backoff": "10s" },
                "verify": { "query": "max(db_pool_in_use{service=$service})", "below": 80.0, "within": "2m" },
                "rollback": { "uses": "platform.scale",
                              "with": { "service": "${{ inputs.service }}", "to": "${{ steps.scale.before.instances }}" } },
            },
        ],
    })
}
