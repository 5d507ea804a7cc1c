//! The JSON Schema of every kind, born from the types: editors read it, and the walk checks files against it.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::alertmanager;
use crate::instance::Instance;
use crate::intake::Source;
use crate::maintenance::Maintenance;
use crate::policy::Policy;
use crate::prometheus;
use crate::rule_tests::RuleTests;
use crate::rules::RuleFile;
use crate::runbook::Runbook;
use crate::scenario::Scenario;
use crate::service::Service;
use crate::team::Team;

/// The kinds that have the envelope, in the order in which they are read.
pub const KINDS: [&str; 9] =
    ["Instance", "Team", "Service", "Source", "Route", "Maintenance", "Runbook", "Policy", "Scenario"];

/// The schema of each kind's document, of a rule file, of its unit tests, of a `prometheus.yml` and of an
/// `alertmanager.yml`, with what they share.
pub(crate) struct Schemas {
    documents: Map<String, Value>,
    rule_file: Value,
    rule_tests: Value,
    prometheus: Value,
    alertmanager: Value,
    definitions: Map<String, Value>,
}

impl Schemas {
    pub fn new() -> Self {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let specs = [
            spec::<Instance>(&mut generator),
            spec::<Team>(&mut generator),
            spec::<Service>(&mut generator),
            spec::<Source>(&mut generator),
            spec::<alertmanager::Part>(&mut generator),
            spec::<Maintenance>(&mut generator),
            spec::<Runbook>(&mut generator),
            spec::<Policy>(&mut generator),
            spec::<Scenario>(&mut generator),
        ];
        let rule_file = spec::<RuleFile>(&mut generator);
        let rule_tests = spec::<RuleTests>(&mut generator);
        let prometheus = spec::<prometheus::File>(&mut generator);
        let alertmanager = spec::<alertmanager::File>(&mut generator);
        let kinds = KINDS.iter().zip(&specs);
        let documents = kinds.map(|(kind, spec)| ((*kind).to_owned(), envelope(kind, spec))).collect();
        Schemas {
            documents,
            rule_file,
            rule_tests,
            prometheus,
            alertmanager,
            definitions: generator.take_definitions(true),
        }
    }

    pub fn document(&self, kind: &str) -> Option<&Value> {
        self.documents.get(kind)
    }

    pub fn rule_file(&self) -> &Value {
        &self.rule_file
    }

    /// Unit tests of rules.
    pub fn rule_tests(&self) -> &Value {
        &self.rule_tests
    }

    /// A `prometheus.yml`.
    pub fn prometheus(&self) -> &Value {
        &self.prometheus
    }

    /// An `alertmanager.yml`.
    pub fn alertmanager(&self) -> &Value {
        &self.alertmanager
    }

    /// What a `Route` says.
    pub fn route(&self) -> &Value {
        &self.documents["Route"]["properties"]["spec"]
    }

    /// What a `$ref` points to.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/"));
        name.and_then(|name| self.definitions.get(name)).unwrap_or(schema)
    }

    /// What a field is for, from its doc comment or that of its type.
    pub fn describe<'a>(&'a self, schema: &'a Value) -> Option<&'a str> {
        let described = |schema: &'a Value| schema.get("description").and_then(Value::as_str);
        described(schema).or_else(|| described(self.resolve(schema)))
    }
}

fn spec<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// One schema for editors: a document of any kind, a rule file, its unit tests, a `prometheus.yml` or an
/// `alertmanager.yml`.
pub fn schema() -> Value {
    let schemas = Schemas::new();
    let mut documents: Vec<Value> = schemas.documents.values().cloned().collect();
    documents.push(schemas.rule_file.clone());
    documents.push(schemas.rule_tests.clone());
    documents.push(schemas.prometheus.clone());
    documents.push(schemas.alertmanager.clone());
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Andon definitions",
        "oneOf": documents,
        "$defs": schemas.definitions,
    });
    close(&mut schema);
    schema
}

fn envelope(kind: &str, spec: &Value) -> Value {
    json!({
        "title": kind,
        "type": "object",
        "properties": {
            "apiVersion": { "type": "string", "const": "andon/v1" },
            "kind": { "type": "string", "const": kind },
            "metadata": {
                "type": "object",
                "properties": {
                    "name": { "type": "string", "format": "andon-name" },
                    "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                    "annotations": { "type": "object", "additionalProperties": { "type": "string" } },
                },
                "required": ["name"],
            },
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
    })
}

/// An unknown key is an error everywhere. `unevaluatedProperties` sees through the `oneOf` of a flattened choice.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(close);
            let bare = map.len() == 1 && map.get("type").is_some_and(|kind| kind == "object");
            if (bare || map.contains_key("properties")) && !map.contains_key("additionalProperties") {
                map.insert("unevaluatedProperties".to_owned(), Value::Bool(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
