//! The objects of Prometheus's operator, read as they lie in a Kubernetes repository.

mod alertmanager_config;

use crate::source::{Findings, Spot};
use crate::yaml::Node;

pub(crate) use alertmanager_config::alertmanager_config;

/// How their `apiVersion` begins.
pub(crate) const GROUP: &str = "monitoring.coreos.com/";

/// The rule groups of a `PrometheusRule`. Of the others there is nothing to read without a cluster that says where
/// the pods are: a finding says so, and what to write instead.
pub(crate) fn read(kind: &str, kind_spot: &Spot, node: Node, findings: &mut Findings) -> Option<Node> {
    match kind {
        "PrometheusRule" => rules(kind_spot, node, findings),
        "ServiceMonitor" | "PodMonitor" => {
            monitor(kind, kind_spot, &node, findings);
            None
        }
        "Probe" | "ScrapeConfig" | "Prometheus" | "Alertmanager" | "ThanosRuler" | "PrometheusAgent" => {
            let instead = match kind {
                "Probe" => "write `probes:` in a Service",
                "ScrapeConfig" | "Prometheus" | "PrometheusAgent" => {
                    "write its scrape configs in a prometheus.yml"
                }
                _ => "Andon pages by its own Teams",
            };
            let message = format!("nothing is done for this {kind}: it configures a program in Kubernetes");
            findings.warning("not-there", kind_spot, message).hint(instead);
            None
        }
        _ => {
            let known = [
                "PrometheusRule",
                "AlertmanagerConfig",
                "ServiceMonitor",
                "PodMonitor",
                "Probe",
                "ScrapeConfig",
            ];
            let hint = crate::suggest::hint(kind, known);
            findings.error("unknown-kind", kind_spot, format!("no kind is called `{kind}`")).hint = hint;
            None
        }
    }
}

/// What tells an object from the others of its kind: `NAMESPACE/NAME`.
pub(crate) fn full_name(node: &Node) -> String {
    let part = |key| node.get("metadata")?.get(key).and_then(Node::text);
    let (namespace, name) = (part("namespace"), part("name").unwrap_or_default());
    namespace.map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
}

fn rules(kind_spot: &Spot, mut node: Node, findings: &mut Findings) -> Option<Node> {
    let Some(spec) = node.remove("spec") else {
        findings.error("missing-key", kind_spot, "`spec` is missing").hint("`spec`: holds `groups`");
        return None;
    };
    // An object may exist before its first rule does.
    spec.get("groups").is_some().then(|| without_thanos(spec))
}

/// What the operator adds to a group for Thanos means nothing to whoever evaluates it alone.
fn without_thanos(mut spec: Node) -> Node {
    for group in spec.items_mut("groups") {
        group.remove("partial_response_strategy");
    }
    spec
}

fn monitor(kind: &str, kind_spot: &Spot, node: &Node, findings: &mut Findings) {
    let (list, what) =
        if kind == "PodMonitor" { ("podMetricsEndpoints", "pods") } else { ("endpoints", "services") };
    let endpoint = node.get("spec").and_then(|spec| spec.items(list).first());
    let Some(endpoint) = endpoint else {
        let message = format!("`spec.{list}` is missing: this {kind} names nothing to scrape");
        findings.error("missing-key", kind_spot, message);
        return;
    };
    let name = node.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Node::text);
    let text = |key| endpoint.get(key).and_then(Node::text);
    let mut job = format!("job_name: {}", name.unwrap_or("NAME"));
    for (key, own) in [("metrics_path", "path"), ("scrape_interval", "interval"), ("scheme", "scheme")] {
        if let Some(value) = text(own) {
            job.push_str(&format!(", {key}: {value}"));
        }
    }
    let message = format!("no target is found by this {kind}: its {what} are known to Kubernetes only");
    findings.warning("not-there", kind_spot, message).hint(format!(
        "write a scrape config, such as `- {{ {job}, dns_sd_configs: [ {{ names: [ _PORT._tcp.SERVICE.NAMESPACE.svc ] }} ] }}`"
    ));
}
