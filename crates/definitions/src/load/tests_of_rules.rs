//! Files of unit tests for rules, which have a shape of their own.

use super::Loader;
use crate::origin::Origin;
use crate::prometheus;
use crate::rule_tests::RuleTests;
use crate::walk::Walk;
use crate::yaml::{Kind, Node};

/// What promtool reads has tests, and no kind.
pub(super) fn is_rule_tests(node: &Node) -> bool {
    matches!(node.get("tests").map(|tests| &tests.kind), Some(Kind::List(_)))
}

impl Loader<'_> {
    pub(super) fn rule_tests(&mut self, mut node: Node) {
        let errors = self.findings.errors();
        let schemas = self.schemas;
        let text = self.book.sources[node.spot.file].text.clone();
        prometheus::lenient(&mut node, schemas.rule_tests(), schemas, &text);
        let mut walk = Walk { schemas, findings: &mut self.findings, texts: Vec::new() };
        walk.check(&node, schemas.rule_tests(), &node.spot);
        if self.findings.errors() > errors {
            return;
        }
        let Some(mut file) = self.read::<RuleTests>(&node) else { return };
        file.origin = self.origin(&node.spot);
        for (test, node) in file.tests.iter_mut().zip(node.items("tests")) {
            test.origin = self.origin(&node.spot);
            let origins =
                |key| -> Vec<Origin> { node.items(key).iter().map(|node| self.origin(&node.spot)).collect() };
            let alerts = test.alert_rule_test.iter_mut().zip(origins("alert_rule_test"));
            alerts.for_each(|(alert, origin)| alert.origin = origin);
            let exprs = test.promql_expr_test.iter_mut().zip(origins("promql_expr_test"));
            exprs.for_each(|(expr, origin)| expr.origin = origin);
        }
        self.catalog.rule_tests.push(file);
    }
}
