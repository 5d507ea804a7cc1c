//! One `case` of labels before, rules, and labels after.

use super::*;

fn rules(yaml: &str) -> Vec<RelabelRule> {
    serde_saphyr::from_str(yaml).unwrap()
}

fn labels(text: &str) -> Labels {
    text.split_whitespace().map(|pair| pair.split_once('=').unwrap()).collect()
}

/// `dropped` as the outcome: nothing is left.
#[track_caller]
fn case(before: &str, yaml: &str, after: &str) {
    let relabeling = Relabeling::new(&rules(yaml)).unwrap();
    let left = relabeling.apply(&labels(before));
    match after {
        "dropped" => assert_eq!(left, None),
        after => assert_eq!(left, Some(labels(after))),
    }
}

#[track_caller]
fn refused(yaml: &str, why: &str) {
    let (_, said) = Relabeling::new(&rules(yaml)).unwrap_err();
    assert!(said.contains(why), "{said}");
}

#[test]
fn replace_writes_what_the_groups_hold() {
    case(
        "a=foo b=bar",
        "[{source_labels: [a], regex: 'f(.*)', target_label: d, replacement: 'ch${1}-ch${1}'}]",
        "a=foo b=bar d=choo-choo",
    );
    case(
        "a=foo b=bar c=baz",
        "[{source_labels: [a, b], regex: 'f(.*);(.*)r', target_label: a, replacement: 'b${1}${2}m'}]",
        "a=boobam b=bar c=baz",
    );
    case("a=foo", "[{source_labels: [a], regex: 'o$', target_label: d, replacement: x}]", "a=foo");
    case("a=foo", "[{source_labels: [a], target_label: b}]", "a=foo b=foo");
    case("a=foo", "[{replacement: static, target_label: b}]", "a=foo b=static");
    case("a=foo b=bar", "[{source_labels: [a], target_label: b, replacement: ''}]", "a=foo");
    case("a=foo b=bar", "[{source_labels: [none], target_label: b}]", "a=foo");
    case(
        "a=x-1",
        "[{source_labels: [a], regex: '(?P<what>.+)-(\\d)', target_label: '${what}_$2', replacement: 'is_$what'}]",
        "a=x-1 x_1=is_x",
    );
    case(
        "a=foo",
        "[{source_labels: [a], regex: '(f)(.*)', target_label: b, replacement: '$1oo$2'}]",
        "a=foo b=oo",
    );
    case("a=foo", "[{source_labels: [a], target_label: '$none', replacement: x}]", "a=foo");
    case("a=1", "[{source_labels: [a], target_label: b, replacement: 'cost$$$1'}]", "a=1 b=cost$1");
}

#[test]
fn rules_see_what_the_ones_before_them_left() {
    case(
        "a=foo",
        "[{source_labels: [a], target_label: b}, {source_labels: [b, a], separator: '-', target_label: c}, {regex: a, action: labeldrop}]",
        "b=foo c=foo-foo",
    );
    case(
        "a=foo",
        "[{source_labels: [a], regex: foo, action: drop}, {target_label: b, replacement: x}]",
        "dropped",
    );
}

#[test]
fn keep_and_drop_look_at_the_whole_value() {
    case("a=foo", "[{source_labels: [a], regex: '.*o.*', action: drop}]", "dropped");
    case("a=foo", "[{source_labels: [a], regex: 'f', action: drop}]", "a=foo");
    case("a=foo", "[{source_labels: [a], regex: 'no-match', action: keep}]", "dropped");
    case("a=foo", "[{source_labels: [a], regex: 'f.*', action: Keep}]", "a=foo");
    case("a=x b=x c=y", "[{source_labels: [a], target_label: b, action: keepequal}]", "a=x b=x c=y");
    case("a=x b=x c=y", "[{source_labels: [a], target_label: c, action: keepequal}]", "dropped");
    case("a=x b=x c=y", "[{source_labels: [a], target_label: b, action: dropequal}]", "dropped");
    case("a=x b=x c=y", "[{source_labels: [a], target_label: c, action: dropequal}]", "a=x b=x c=y");
}

#[test]
fn hashmod_is_prometheuss() {
    // The last eight bytes of the MD5, computed elsewhere.
    case("c=baz", "[{source_labels: [c], target_label: d, action: hashmod, modulus: 1000}]", "c=baz d=976");
    case(
        "a=foo b=bar",
        "[{source_labels: [a, b], target_label: d, action: hashmod, modulus: 1}]",
        "a=foo b=bar d=0",
    );
}

#[test]
fn whole_labels_are_mapped_kept_and_dropped() {
    case(
        "a=1 b1=2 b2=3",
        "[{regex: 'b(.)', replacement: 'c_$1', action: labelmap}]",
        "a=1 b1=2 b2=3 c_1=2 c_2=3",
    );
    case(
        "__meta_my_bar=aaa __other=x",
        "[{regex: '__meta_(my.*)', action: labelmap}]",
        "__meta_my_bar=aaa __other=x my_bar=aaa",
    );
    case("a=1 b1=2 b2=3", "[{regex: 'b.*', action: labeldrop}]", "a=1");
    case("a=1 b1=2 b2=3", "[{regex: 'b.*', action: labelkeep}]", "b1=2 b2=3");
}

#[test]
fn case_is_changed_one_character_for_one() {
    case("a=Straße", "[{source_labels: [a], target_label: b, action: uppercase}]", "a=Straße b=STRAßE");
    case("a=ÄbC", "[{source_labels: [a], target_label: a, action: lowercase}]", "a=äbc");
}

#[test]
fn what_a_rule_lacks_or_has_too_much_is_said() {
    refused("[{source_labels: [a]}]", "`replace` needs a `target_label`");
    refused("[{source_labels: [a], action: hashmod, target_label: b}]", "needs a `modulus`");
    refused("[{action: labeldrop, regex: a, target_label: b}]", "takes `regex` only, not `target_label`");
    refused("[{action: keepequal, source_labels: [a], target_label: b, regex: c}]", "not `regex`");
    refused(
        "[{action: lowercase, source_labels: [a], target_label: b, replacement: c}]",
        "not `replacement`",
    );
    refused("[{source_labels: [a], target_label: b, regex: 'a('}]", "not a regular expression");
    assert!(serde_saphyr::from_str::<Vec<RelabelRule>>("[{action: replce}]").is_err());
}
