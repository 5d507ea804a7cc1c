//! What is expected here was compared with what Alertmanager's own amtool fills in.

use std::sync::Arc;

use andon_vocabulary::{Labels, Timestamp};
use expect_test::expect;

use super::{Templates, Words};
use crate::notification::{Notification, NotifiedAlert, Reason};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn alert(instance: &str, ended_at: Option<&str>) -> Arc<NotifiedAlert> {
    let labels = Labels::new([("alertname", "Down"), ("instance", instance), ("severity", "critical")]);
    let annotations = Labels::new([("summary", "It's <down> & \"out\""), ("runbook", "http://wiki/?a=b")]);
    Arc::new(NotifiedAlert {
        ended_at: ended_at.map(at),
        generator_url: "http://prom:9090/graph?g0.expr=up".to_owned(),
        ..NotifiedAlert::new(&labels, &annotations, at("2026-11-23T09:30:00.25Z"))
    })
}

fn notification() -> Notification {
    let alerts = vec![alert("web-1", None), alert("web-2", Some("2026-11-23T09:45:00Z"))];
    let group = Labels::new([("alertname", "Down")]);
    Notification::new("ops.team", &group, Reason::First, "http://andon:7070", alerts)
}

fn filled(text: &str) -> String {
    let words = match Words::parse(text) {
        Ok(words) => words,
        Err(error) => return format!("{:?}: {}", error.range, error.message),
    };
    let filled = words.fill(&Templates::default(), &notification(), at("2026-11-23T10:00:00Z"));
    filled.unwrap_or_else(|why| format!("error: {why}"))
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(filled(text), expected, "{text}");
}

fn page(text: &str) -> String {
    let words = Words::parse(text).unwrap();
    words.fill_page(&Templates::default(), &notification(), at("2026-11-23T10:00:00Z")).unwrap()
}

#[test]
fn what_is_told() {
    check("{{ .Status }} {{ .Receiver }} {{ .ExternalURL }}", r"firing ops\.team http://andon:7070");
    check("{{ len .Alerts }} {{ .Alerts.Firing | len }} {{ len .Alerts.Resolved }}", "2 1 1");
    check(
        "{{ range .Alerts }}{{ .Labels.instance }}={{ .Status }} {{ end }}",
        "web-1=firing web-2=resolved ",
    );
    check("{{ .CommonLabels }}|{{ .GroupLabels.Names }}", "alertname=Down, severity=critical|[alertname]");
    check("{{ (index .Alerts 1).EndsAt }}", "2026-11-23 09:45:00 +0000 UTC");
    check("{{ (index .Alerts 0).EndsAt.IsZero }}", "true");
    check("{{ .CommonLabels.nothing }}.{{ .CommonLabels.severity }}", ".critical");
    check(
        "{{ range $name, $value := .CommonLabels }}{{ $name }}:{{ $value }};{{ end }}",
        "alertname:Down;severity:critical;",
    );
    check(
        "{{ with .CommonLabels.Remove (stringSlice \"severity\") }}{{ .SortedPairs.Values | join \"+\" }}{{ end }}",
        "Down",
    );
    check("{{ range slice .Alerts 1 2 }}{{ .Fingerprint }}{{ end }}", "3864d8480034cd14");
    check(
        "{{ (index .CommonLabels.SortedPairs 1).Name }} {{ .CommonLabels.SortedPairs }}",
        "severity alertname=Down, severity=critical",
    );
}

#[test]
fn functions() {
    check(r#"{{ "hELLO wORLD it's" | title }} {{ toUpper "a" }} {{ toLower "B" }}"#, "Hello World It's A b");
    check(r#"[{{ trimSpace " a " }}] {{ match "^a.c$" "abc" }}"#, "[a] true");
    check(r#"{{ reReplaceAll "(.*)-(.*)" "$2-$1" "a-b" }}"#, "b-a");
    check(r#"{{ urlUnescape "a%20b+c" }} {{ safeHtml "<b>" }} {{ safeUrl "a b" }}"#, "a b c <b> a b");
    check(
        r#"{{ range list 1 "b" }}{{ . }},{{ end }} {{ append (list 1) 2 }} {{ (dict "k" "v").k }}"#,
        "1,b, [1 2] v",
    );
    check(
        "{{ .CommonAnnotations | toJson }}",
        r#"{"runbook":"http://wiki/?a=b","summary":"It's \u003cdown\u003e \u0026 \"out\""}"#,
    );
    check(
        "{{ index .Alerts 0 | toJson }}",
        r#"{"status":"firing","labels":{"alertname":"Down","instance":"web-1","severity":"critical"},"annotations":{"runbook":"http://wiki/?a=b","summary":"It's \u003cdown\u003e \u0026 \"out\""},"startsAt":"2026-11-23T09:30:00.25Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prom:9090/graph?g0.expr=up","fingerprint":"3fb32210d69626d3"}"#,
    );
    check("{{ since (index .Alerts 0).StartsAt | humanizeDuration }}", "29m 59s");
    check("{{ since (index .Alerts 1).EndsAt }} {{ (since (index .Alerts 1).EndsAt).Minutes }}", "15m0s 15");
    check("{{ printf \"%s %d %v\" .Status (len .Alerts) .GroupLabels }}", "firing 2 alertname=Down");
    check("{{ if gt (len .Alerts) 1 | not }}one{{ else }}many{{ end }}", "many");
    check(r#"{{ "\u00e9\x41\U0001f525" }}"#, "éA🔥");
}

#[test]
fn times_in_every_layout() {
    let first = "(index .Alerts 0).StartsAt";
    for (layout, expected) in [
        ("2006-01-02T15:04:05Z07:00", "2026-11-23T09:30:00Z"),
        ("Mon Jan _2 3:04PM 06 MST -0700", "Mon Nov 23 9:30AM 26 UTC +0000"),
        ("Monday, January 2 __2 002 1 3 4 5", "Monday, November 23 327 327 11 9 30 0"),
        ("15:04:05.000 15:04:05.999 Janet .00x", "09:30:00.250 09:30:00.25 Janet .25x"),
        ("-07 -07:00 Z0700 pm", "+00 +00:00 Z am"),
    ] {
        check(&format!("{{{{ {first}.Format {layout:?} }}}}"), expected);
        check(&format!("{{{{ {first} | date {layout:?} }}}}"), expected);
    }
    check(
        &format!("{{{{ {first} | tz \"Europe/Madrid\" | date \"15:04 MST -07:00\" }}}}"),
        "10:30 CET +01:00",
    );
    check(&format!("{{{{ {first} | tz \"Asia/Kathmandu\" }}}}"), "2026-11-23 15:15:00.25 +0545 +0545");
    check(&format!("{{{{ ({first}.Add 28800e9).Format \"2006-01-02 15:04:05\" }}}}"), "2026-11-23 17:30:00");
    check(
        &format!("{{{{ {first} | tz \"Nowhere/None\" }}}}"),
        "error: error calling tz: unknown time zone Nowhere/None",
    );
    check("{{ now.Unix }} {{ (now.AddDate 0 -1 0).Format \"Jan\" }}", "1795428000 Oct");
    check(&format!("{{{{ (now.Sub {first}).Round 1000000000 }}}}"), "30m0s");
}

#[test]
fn andons_own_words_are_alertmanagers() {
    check(r#"{{ template "__subject" . }}|"#, "[FIRING:1] Down (critical)|");
    check(r#"{{ template "__alertmanagerURL" . }}"#, r"http://andon:7070/#/alerts?receiver=ops%5C.team");
    check(
        r#"{{ template "slack.default.fallback" . }}"#,
        r"[FIRING:1] Down (critical) | http://andon:7070/#/alerts?receiver=ops%5C.team",
    );
    check(
        r#"{{ template "slack.default.color" . }} {{ template "jira.default.priority" . }}"#,
        "danger High",
    );
    let described = expect![[r#"
        http://wiki/?a=b It's <down> & "out"
        Alerts Firing:
        Labels:
         - alertname = Down
         - instance = web-1
         - severity = critical
        Annotations:
         - runbook = http://wiki/?a=b
         - summary = It's <down> & "out"
        Source: http://prom:9090/graph?g0.expr=up

        Alerts Resolved:
        Labels:
         - alertname = Down
         - instance = web-2
         - severity = critical
        Annotations:
         - runbook = http://wiki/?a=b
         - summary = It's <down> & "out"
        Source: http://prom:9090/graph?g0.expr=up
    "#]];
    described.assert_eq(&filled(r#"{{ template "opsgenie.default.description" . }}"#));
}

#[test]
fn a_value_cannot_break_out_of_a_page() {
    let check = |text: &str, expected: &str| assert_eq!(page(text), expected, "{text}");
    check("<p>{{ .CommonAnnotations.summary }}</p>", "<p>It&#39;s &lt;down&gt; &amp; &#34;out&#34;</p>");
    check(
        "<p title=\"{{ .CommonAnnotations.summary }}\">",
        "<p title=\"It&#39;s &lt;down&gt; &amp; &#34;out&#34;\">",
    );
    check("<a href='{{ .CommonAnnotations.runbook }}'>", "<a href='http://wiki/?a=b'>");
    check("<a href=\"{{ \"javascript:alert(1)\" }}\">", "<a href=\"#ZgotmplZ\">");
    check("<a href=\"{{ \"data:text/html,x\" }}\">", "<a href=\"#ZgotmplZ\">");
    check("<a href=\"{{ safeUrl \"tel:1\" }}\">", "<a href=\"tel:1\">");
    check(
        "<a href=\"http://x/?q={{ .CommonAnnotations.summary }}\">",
        "<a href=\"http://x/?q=It%27s%20%3cdown%3e%20%26%20%22out%22\">",
    );
    check("<b class={{ \"a b>\" }}>", "<b class=a&#32;b&gt;>");
    check(
        "<b style=\"color: {{ \"red\" }}; width: {{ \"1;x(y)\" }}\">",
        "<b style=\"color: red; width: ZgotmplZ\">",
    );
    check(
        "<b onclick=\"{{ .Status }}\"><script>{{ .Status }}</script>{{ .Status }}",
        "<b onclick=\"ZgotmplZ\"><script>ZgotmplZ</script>firing",
    );
    check("<!-- {{ .Status }} --><b {{ \"x=y\" }}>a < b {{ \"<i>\" }}", "<b ZgotmplZ>a < b &lt;i&gt;");
    check("{{ safeHtml \"<i>\" }}{{ \"<i>\" | html }}", "<i>&lt;i&gt;");
    check("<img src='{{ \"x' onerror='y\" }}'>", "<img src='x%27%20onerror=%27y'>");
}

#[test]
fn a_mail_is_a_page_of_its_own() {
    let mail = page(r#"{{ template "email.default.html" . }}"#);
    for part in [
        "<h2 style=\"font-size: 1.1em; border-left: 0.4em solid #b3261e; padding-left: 0.5em\">1 firing</h2>",
        "<li><b>instance</b>: web-2</li>",
        "<li><b>summary</b>: It&#39;s &lt;down&gt; &amp; &#34;out&#34;</li>",
        "<a href=\"http://prom:9090/graph?g0.expr=up\">Source</a>",
        r#"<a href="http://andon:7070/#/alerts?receiver=ops%5C.team">"#,
        "<time datetime=\"2026-11-23T09:30:00Z\">2026-11-23 09:30 UTC</time>",
    ] {
        assert!(mail.contains(part), "{part} in\n{mail}");
    }
}

#[test]
fn what_cannot_be_filled_in_says_why() {
    check("{{ .Foo }}", "3..7: there is no `.Foo` here");
    check("{{ range .Alerts }}{{ .Foo }}{{ end }}", "error: an alert has no field Foo");
    check("{{ $labels.a }}", "3..10: nothing is called `$labels` here");
    check("{{ humanize 1 }}", "3..11: no function of templates is called `humanize`");
    check("{{ template \"nothing\" . }}", "error: no template is called \"nothing\"");
    check("{{ join \",\" .Status }}", "error: error calling join: wants a list, not string");
    check(
        "{{ define \"x\" }}{{ template \"x\" . }}{{ end }}{{ template \"x\" . }}",
        "error: the template \"x\" is put in too often",
    );
    check("{{ range 9999 }}{{ range 9999 }}{{ end }}{{ end }}", "error: it does not end");
    check("{{ \"a\" .Status }}", "0..17: a value that is no function is given arguments");
    check("{{ .Status.Foo 1 }}", "error: string has no method Foo for that");
}

#[test]
fn what_is_defined_anew_wins() {
    let mut templates = Templates::default();
    templates.add("own.tmpl", "{{ define \"__subject\" }}{{ .Status }}!{{ end }}whole").unwrap();
    let fill =
        |text: &str| Words::parse(text).unwrap().fill(&templates, &notification(), Timestamp::EPOCH).unwrap();
    assert_eq!(fill("{{ template \"slack.default.title\" . }}"), "firing!");
    assert_eq!(fill("{{ template \"own.tmpl\" . }}"), "whole");
    assert_eq!(
        fill("{{ define \"__subject\" }}mine{{ end }}{{ template \"slack.default.title\" . }}"),
        "mine"
    );
    let unknown = Words::parse("{{ template \"slack.default.titel\" . }}").unwrap().unknown(&templates);
    assert_eq!(unknown[0].hint.as_deref(), Some("did you mean `slack.default.title`?"));
}

/// Each of these fills the memory of a machine, or its evening, where nobody counts.
#[test]
fn a_bomb_is_an_error() {
    for bomb in [
        r#"{{ $x := "ten bytes " }}{{ range 60 }}{{ $x = printf "%s%s" $x $x }}{{ end }}{{ len $x }}"#,
        r#"{{ $x := "ten bytes " }}{{ range 60 }}{{ $x = print $x $x }}{{ end }}"#,
        r#"{{ $x := list "a" }}{{ range 60 }}{{ $x = list $x $x }}{{ end }}{{ $x }}"#,
        r#"{{ $x := list }}{{ range 9999 }}{{ range 99 }}{{ $x = list $x }}{{ end }}{{ end }}"#,
        r#"{{ $x := list "a" }}{{ range 9999 }}{{ range 9999 }}{{ $x = append $x "a" }}{{ end }}{{ end }}"#,
        r#"{{ $x := dict "a" "b" }}{{ range 9999 }}{{ $x = dict "a" $x "b" $x }}{{ end }}"#,
        r#"{{ $x := "a" }}{{ range 22 }}{{ $x = print $x $x }}{{ end }}{{ $x = reReplaceAll "" $x $x }}"#,
        r#"{{ $x := "$0" }}{{ range 14 }}{{ $x = print $x $x }}{{ end }}{{ $x = reReplaceAll ".*" $x $x }}"#,
        r#"{{ $x := "a" }}{{ range 20 }}{{ $x = print $x $x }}{{ end }}{{ $l := list }}{{ range 50 }}{{ $l = append $l "" }}{{ end }}{{ join $x $l }}"#,
        r#"{{ range 9999 }}{{ range 9999 }}{{ $x := . | toJson }}{{ end }}{{ end }}"#,
        r#"{{ range 9999 }}{{ $x := toJson $ }}{{ range 99 }}{{ $x = html $x }}{{ end }}{{ end }}"#,
        r#"{{ define "a" }}{{ template "b" . }}{{ template "b" . }}{{ end }}{{ define "b" }}{{ template "a" . }}{{ template "a" . }}{{ end }}{{ template "a" . }}"#,
        r#"{{ define "a" }}{{ range 9999 }}{{ template "b" . }}{{ end }}{{ end }}{{ define "b" }}{{ range 9999 }}x{{ end }}{{ end }}{{ template "a" . }}"#,
    ] {
        assert!(filled(bomb).starts_with("error: "), "{bomb}: {:.200}", filled(bomb));
    }
}

/// What a label brings is filled in once: it is not a template, whatever it looks like.
#[test]
fn a_label_is_never_read_as_a_template() {
    for label in ["{{ .Status }}", "{{ define \"x\" }}{{ end }}", "{{/*", "${{ 1 + 1 }}", "}}{{", "{{"] {
        let labels = Labels::new([("alertname", label)]);
        let alert = NotifiedAlert::new(&labels, &labels, Timestamp::EPOCH);
        let told = Notification::new(label, &labels, Reason::First, label, vec![Arc::new(alert)]);
        for text in [
            "{{ .CommonLabels.alertname }}",
            "{{ printf \"%s\" .GroupLabels.alertname }}",
            "{{ define \"own\" }}{{ .CommonAnnotations.alertname }}{{ end }}{{ template \"own\" . }}",
            "{{ with index .Alerts 0 }}{{ .Labels.alertname }}{{ end }}",
        ] {
            let words = Words::parse(text).unwrap();
            let filled = words.fill(&Templates::default(), &told, Timestamp::EPOCH);
            assert_eq!(filled.as_deref(), Ok(label), "{text}");
        }
    }
}

fn hostile() -> [String; 4] {
    [
        "\"'<script>alert(1)</script>\r\nBcc: x@y\u{0}{{ .Status }}".to_owned(),
        "{{ define \"x\" }}".to_owned(),
        "</title><!-- \\u0022".to_owned(),
        "x<".repeat(1 << 19),
    ]
}

#[test]
fn hostile_labels_are_text_and_no_more() {
    for value in hostile() {
        let labels = Labels::new([("alertname", value.as_str()), ("onclick", "x")]);
        let alert = NotifiedAlert::new(&labels, &labels, Timestamp::EPOCH);
        let told = Notification::new("r", &labels, Reason::First, "http://a", vec![Arc::new(alert)]);
        let words = Words::parse("{{ template \"email.default.html\" . }}").unwrap();
        if let Ok(mail) = words.fill_page(&Templates::default(), &told, Timestamp::EPOCH) {
            assert!(
                !mail.contains("<script") && !mail.contains("<!--") && mail.matches("</title>").count() == 1
            );
        }
        let json = Words::parse("{{ . | toJson }}").unwrap();
        // What is too long is an error, and whoever sends it says so.
        let Ok(json) = json.fill(&Templates::default(), &told, Timestamp::EPOCH) else {
            assert!(value.len() > 1 << 19);
            continue;
        };
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["commonLabels"]["alertname"], value);
    }
}

#[test]
fn a_function_as_an_argument_is_given_nothing() {
    for text in [
        "{{ printf tz }}",
        "{{ index tz 1 }}",
        "{{ printf \"%v\" toUpper }}",
        "{{ .CommonLabels.Remove title }}",
    ] {
        let refused = Words::parse(text).expect_err(text).message;
        assert!(refused.contains("put it into parentheses"), "{text}: {refused}");
    }
}

#[test]
fn nothing_breaks_it() {
    let check = |u: &mut arbtest::arbitrary::Unstructured| {
        let pieces = [
            "{{",
            "}}",
            "range ",
            ".Alerts",
            "end",
            ".Labels",
            ".Format ",
            "\"2006\"",
            "(",
            ")",
            "|",
            "index ",
            "1",
            "<a href=",
            "'",
            "define \"x\"",
            "template \"x\"",
            "$x := ",
            "tz \"UTC\" ",
            "printf \"%q\" ",
        ];
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=12)? {
            text.push_str(u.choose(&pieces)?);
        }
        text.push_str(u.arbitrary::<&str>()?);
        if let Ok(words) = Words::parse(&text) {
            let _ = words.fill(&Templates::default(), &notification(), Timestamp::EPOCH);
            let _ = words.fill_page(&Templates::default(), &notification(), Timestamp::EPOCH);
        }
        Ok(())
    };
    arbtest::arbtest(check);
    // A function that was an argument.
    arbtest::arbtest(check).seed(0xd36756f300000123);
}
