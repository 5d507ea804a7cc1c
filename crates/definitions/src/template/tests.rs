//! What is expected here was compared with what Prometheus's own promtool fills in.

use std::sync::Arc;

use andon_promql::Number;
use andon_promql::script::{Point, points};
use andon_vocabulary::Labels;

use super::{Outside, Scene, Template};

fn filled(template: &str, value: f64) -> String {
    filled_with(template, Number::Float(value))
}

fn filled_with(template: &str, value: Number) -> String {
    let labels = Labels::new([("service", "checkout"), ("instance", "web-1.shop.example:9090")]);
    let query = |expr: &str| match expr {
        "none" => Ok(Vec::new()),
        "pool" => Ok(vec![
            (Labels::new([("service", "checkout")]), Number::Float(19.0)),
            (Labels::new([("service", "cart")]), Number::Float(0.5)),
        ]),
        other => Err(format!("{other} is no query")),
    };
    let labels_of_all = Labels::new([("region", "eu"), ("replica", "a")]);
    let outside = Outside { labels: labels_of_all, url: "http://127.0.0.1:7070/andon".to_owned() };
    match Template::parse(template) {
        Ok(template) => {
            template.render_with(&Scene { labels: &labels, value, outside: &outside, query: &query })
        }
        Err(error) => format!("{:?}: {}", error.range, error.message),
    }
}

fn check(template: &str, value: f64, expected: &str) {
    assert_eq!(filled(template, value), expected, "{template}");
}

#[test]
fn labels_and_the_value() {
    check("{{ $labels.service }}: {{ $value }} of {{$labels.none}}.", 0.25, "checkout: 0.25 of .");
    check("{{ .Labels.service }} {{ .Value }} {{ $.Value }}", 1e21, "checkout 1e+21 1e+21");
    check("a {{- $value -}} b", 3.0, "a3b");
    check("a {{- /* why */ -}} b {{/* c */}}", 3.0, "ab ");
    check(
        "{{ 999999.0 }} {{ $value }} {{ 0.0001 }} {{ 0.00001234 }} {{ 12345678.9 }}",
        1e6,
        "999999 1e+06 0.0001 1.234e-05 1.23456789e+07",
    );
    check("{{ $labels }}", 0.0, "map[instance:web-1.shop.example:9090 service:checkout]");
}

#[test]
fn numbers_for_people() {
    check("{{ $value | humanize }}", 1_234_567.0, "1.235M");
    check("{{ $value | humanize }}", 0.012, "12m");
    check("{{ humanize $value }}", 0.0, "0");
    check("{{ humanize \"1234567\" }}", 0.0, "1.235M");
    check("{{ $value | humanize1024 }}", 2048.0, "2ki");
    check("{{ $value | humanizePercentage }}", 0.123_456, "12.35%");
    check("{{ $value | humanizeDuration }}", 3725.4, "1h 2m 5s");
    check("{{ $value | humanizeDuration }}", 90_061.0, "1d 1h 1m 1s");
    check("{{ $value | humanizeDuration }}", 0.0042, "4.2ms");
    check("{{ $value | humanizeTimestamp }}", 1_435_065_584.128, "2015-06-23 13:19:44.128 +0000 UTC");
    check("{{ humanizeTimestamp $value }} {{ humanize $value }}", f64::NAN, "NaN NaN");
    check("{{ parseDuration \"1h2m10ms\" }}", 0.0, "3720.01");
}

#[test]
fn formats() {
    check("{{ printf \"%.2f\" $value }}", 1.0 / 3.0, "0.33");
    check("{{ $value | printf \"%.0f\" }}", 12.7, "13");
    check("{{ printf \"%5.1f|%-8s|%05d|%+d\" $value \"ab\" 42 7 }}", 1e6, "1000000.0|ab      |00042|+7");
    check(
        "{{ printf \"%d %d %s\" 1000000 $value $value }}",
        1e6,
        "1000000 %!d(float64=1e+06) %!s(float64=1e+06)",
    );
    check("{{ printf \"%g %e %t\" $value 12345.678 true }}", 1e6, "1e+06 1.234568e+04 true");
    check("{{ printf \"%s\" }}{{ printf \"a\" 1 }}%", 0.0, "%!s(MISSING)a%!(EXTRA int=1)%");
    check("{{ printf \"up{job=%q}\" $labels.service }}", 0.0, "up{job=\"checkout\"}");
    check("{{ print 1 2 \"a\" \"b\" 3 }}|{{ $value | printf \"%.3g\" }}", 1e6, "1 2ab3|1e+06");
}

#[test]
fn choices_and_names() {
    let sized = "{{ if gt $value 100.0 }}big{{ else if eq $labels.service \"checkout\" }}ours{{ else }}small{{ end }}";
    check(sized, 1e6, "big");
    check(sized, 1.0, "ours");
    check("{{ if gt $value 100 }}big{{ end }}", 101.0, "big");
    check("{{ with $x := $labels.none }}{{ $x }}{{ else }}none{{ end }}", 0.0, "none");
    check("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", 0.0, "2");
    check(
        "{{ and 1 0 }} {{ or 0 \"x\" }} {{ not true }} {{ eq 1 2 1 }} {{ or true (query \"gone\") }}",
        0.0,
        "0 x false true true",
    );
    check(
        "{{ (args 1 \"b\").arg1 }} {{ args 1 \"b\" }} {{ index $labels \"service\" }}",
        0.0,
        "b map[arg0:1 arg1:b] checkout",
    );
}

#[test]
fn samples_are_asked() {
    check(
        "{{ range query \"pool\" }}[{{ .Labels.service }}={{ .Value }}]{{ end }}",
        0.0,
        "[checkout=19][cart=0.5]",
    );
    check(
        "{{ range $i, $e := query \"pool\" }}{{ if $i }}, {{ end }}{{ $e.Labels.service }}{{ end }}",
        0.0,
        "checkout, cart",
    );
    check(
        "{{ range query \"pool\" }}{{ .Value }}{{ break }}{{ end }}{{ range query \"none\" }}x{{ else }}-{{ end }}",
        0.0,
        "19-",
    );
    check("{{ with query \"pool\" }}{{ . | first | value | humanize }}{{ end }}", 0.0, "19");
    check("{{ query \"pool\" | sortByLabel \"service\" | first | label \"service\" }}", 0.0, "cart");
    check(
        "{{ first (query \"none\") }}",
        0.0,
        "<error expanding template: error calling first: first() called on vector with no elements>",
    );
    check("{{ query \"up{\" }}", 0.0, "<error expanding template: error calling query: up{ is no query>");
    assert!(Template::parse("{{ query \"up\" }}").unwrap().is_exacting());
    assert!(!Template::parse("{{ $value }}").unwrap().is_exacting());
}

#[test]
fn texts() {
    check("{{ reReplaceAll \"(.*):(.*)\" \"$2-$1\" \"a:b\" }} {{ match \"a.*\" \"abc\" }}", 0.0, "b-a true");
    check(
        "{{ stripPort $labels.instance }} {{ stripDomain $labels.instance }}",
        0.0,
        "web-1.shop.example web-1:9090",
    );
    check(
        "{{ stripDomain \"10.1.2.3:12\" }} {{ stripPort \"[::1]:9\" }} {{ stripPort \"::1\" }}",
        0.0,
        "10.1.2.3:12 ::1 ::1",
    );
    check("{{ graphLink \"up{a=\\\"b\\\"}\" }}", 0.0, "/graph?g0.expr=up%7Ba%3D%22b%22%7D&g0.tab=0");
    check(
        "{{ \"aa bB\" | title }} {{ toUpper \"x\" }} {{ len \"abc\" }} {{ slice \"abcdef\" 1 3 }}",
        0.0,
        "Aa BB X 3 bc",
    );
    check("{{ urlquery \"a b&c\" }} {{ html \"<a>\" }} {{ \"}}\" }}", 0.0, "a+b%26c &lt;a&gt; }}");
}

#[test]
fn what_is_outside() {
    check(
        "{{ $externalLabels.region }}-{{ .ExternalLabels.replica }}{{ $.ExternalLabels.none }}",
        0.0,
        "eu-a",
    );
    check(
        "{{ $externalURL }} {{ .ExternalURL }}",
        0.0,
        "http://127.0.0.1:7070/andon http://127.0.0.1:7070/andon",
    );
    check("{{ externalURL }}/x {{ pathPrefix }}", 0.0, "http://127.0.0.1:7070/andon/x /andon");
    check("{{ range $k, $v := $externalLabels }}{{ $k }}={{ $v }};{{ end }}", 0.0, "region=eu;replica=a;");
}

#[test]
fn times() {
    check("{{ $value | toTime }}", 1_435_065_584.128, "2015-06-23 13:19:44.128 +0000 UTC");
    check(
        "{{ with toTime $value }}{{ .Year }} {{ .Month }} {{ .Day }} {{ .Weekday }} {{ .Unix }}{{ end }}",
        1_435_065_584.128,
        "2015 June 23 Tuesday 1435065584",
    );
    check("{{ (toTime 9.5).UTC.Second }}", 0.0, "9");
    check(
        "{{ toTime $value }}",
        f64::NAN,
        "<error expanding template: error calling toTime: value is NaN or Inf>",
    );
}

#[test]
fn parts_that_have_names() {
    check("{{ define \"who\" }}<{{ .Labels.service }}>{{ end }}{{ template \"who\" . }}", 0.0, "<checkout>");
    check(
        "{{ template \"twice\" 3 }}{{ define \"twice\" }}{{ . }}{{ $ }}{{ with 4 }}{{ . }}{{ $ }}{{ end }}{{ end }}",
        0.0,
        "3343",
    );
    check("a{{ block \"b\" $value }}[{{ . }}]{{ end }}", 2.0, "a[2]");
    check("{{ define \"a\" }}{{ . }}{{ end }}{{ template \"a\" }}", 2.0, "<no value>");
    check("{{ define \"a\" }}{{ $labels.x }}{{ end }}", 0.0, "19..26: nothing is called `$labels` here");
    check(
        "{{ if true }}{{ define \"a\" }}{{ end }}{{ end }}",
        0.0,
        "13..29: a `define` stands in no other block",
    );
    check(
        "{{ define \"a\" }}x{{ end }}{{ define \"a\" }}y{{ end }}",
        0.0,
        "26..42: a template is called `a` already",
    );
    check(
        "{{ define \"a\" }}{{ template \"a\" . }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        0.0,
        "<error expanding template: the template \"a\" is put in too often>",
    );
    assert!(
        Template::parse("{{ define \"a\" }}{{ .Labels.x }}{{ end }}{{ template \"a\" . }}")
            .unwrap()
            .is_exacting()
    );
}

#[test]
fn a_histogram_is_written_with_its_buckets() {
    let points = points("{{schema:0 count:4 sum:5 buckets:[1 3]}}").expect("a histogram");
    let Some(Point::Histogram(histogram)) = points.into_iter().next() else { panic!("a histogram") };
    let value = || Number::Histogram(Arc::clone(&histogram));
    assert_eq!(filled_with("{{ $value }}", value()), "{count:4, sum:5, (0.5,1]:1, (1,2]:3}");
    assert_eq!(
        filled_with("{{ humanize .Value }}", value()),
        "<error expanding template: error calling humanize: a histogram is not a number>"
    );
}

#[test]
fn what_cannot_be_filled_in_is_found_when_it_is_read() {
    check("{{ $labels.a", 0.0, "0..2: `{{` is never closed");
    check("x {{ humanise $value }}", 0.0, "5..13: no function of templates is called `humanise`");
    check("{{ $vlaue }}", 0.0, "3..9: nothing is called `$vlaue` here");
    check("{{ .Lables.job }}", 0.0, "3..10: there is no `.Lables.job` here");
    check("{{ if $value }}x", 0.0, "0..15: this `if` has no `{{ end }}`");
    check("x{{ end }}", 0.0, "1..10: `end` closes nothing");
    check("{{ humanize }}", 0.0, "0..14: `humanize` takes 1 argument, not 0");
    check("{{ template \"x\" }}", 0.0, "0..18: no template is called `x` in this text");
    check("{{ $value.foo }}", 0.0, "3..9: `$value` is a number and has no fields");
    check("{{ $value $value }}", 0.0, "0..19: a value that is no function is given arguments");
}

#[test]
fn nothing_breaks_it() {
    arbtest::arbtest(|u| {
        let pieces = [
            "{{",
            "}}",
            "if",
            "range",
            "end",
            "$value",
            ".",
            "(",
            ")",
            "|",
            "\"a",
            " ",
            "-",
            "query",
            "else",
            "1e9",
            ":=",
            "{{ end }}",
            "%999999999d",
            "printf",
        ];
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=12)? {
            text.push_str(u.choose(&pieces)?);
        }
        text.push_str(u.arbitrary::<&str>()?);
        filled(&text, 1.0);
        Ok(())
    });
}
