//! Templates, filled in by amtool and by Andon.

use std::process::Command;

use andon_definitions::{Notification, Reason, Templates, Words};
use andon_vocabulary::{Labels, Timestamp};

use super::told::{alerts, at};
use super::tool;

/// By name: Alertmanager's own, which people's templates put in.
const OWN: [&str; 20] = [
    "__subject",
    "__alertmanager",
    "__alertmanagerURL",
    "__description",
    "slack.default.title",
    "slack.default.titlelink",
    "slack.default.fallback",
    "slack.default.text",
    "pagerduty.default.description",
    "pagerduty.default.clientURL",
    "opsgenie.default.message",
    "opsgenie.default.description",
    "opsgenie.default.source",
    "victorops.default.state_message",
    "wechat.default.message",
    "pushover.default.message",
    "sns.default.message",
    "telegram.default.message",
    "webex.default.message",
    "email.default.subject",
];

/// Those that came later.
const NEWER: [&str; 6] = [
    "slack.default.color",
    "discord.default.message",
    "msteams.default.text",
    "msteamsv2.default.title",
    "jira.default.description",
    "jira.default.priority",
];

const TEXTS: [&str; 24] = [
    "{{ .Receiver }} {{ .Status }} {{ .ExternalURL }} {{ len .Alerts }}",
    "{{ range .Alerts }}{{ .Status }} {{ .Labels.instance }} {{ .StartsAt }} {{ .EndsAt }} {{ .Fingerprint }}\n{{ end }}",
    "{{ range .Alerts.Firing }}{{ .Annotations.summary }}{{ else }}none{{ end }}",
    "{{ .CommonLabels.SortedPairs.Names }} {{ .CommonLabels.Names }} {{ .CommonLabels.Values }}",
    "{{ range $i, $a := .Alerts }}{{ $i }}:{{ $a.Labels.instance }}{{ if ne $i 1 }}, {{ end }}{{ end }}",
    "{{ with .CommonLabels.Remove .GroupLabels.Names }}{{ range .SortedPairs }}{{ .Name }}={{ .Value }};{{ end }}{{ end }}",
    "{{ .CommonLabels.severity | toUpper }} {{ \"heLLo wORLD\" | title }} {{ toLower \"ABC\" }}",
    "{{ join \"|\" (stringSlice \"a\" \"b\") }} {{ match \"^Do.n$\" .CommonLabels.alertname }}",
    "{{ reReplaceAll \"(\\\\w)-(\\\\d)\" \"$2/$1\" .CommonLabels.zone }}",
    "{{ (index .Alerts 0).StartsAt.Format \"Mon, 02 Jan 2006 15:04:05.000 MST -07:00\" }}",
    "{{ (index .Alerts 0).StartsAt.Unix }} {{ (index .Alerts 0).StartsAt.Year }} {{ (index .Alerts 0).StartsAt.Weekday }}",
    "{{ ((index .Alerts 0).StartsAt.Add 28800e9).Format \"2006-01-02T15:04:05Z07:00\" }}",
    "{{ (index .Alerts 1).EndsAt.Sub (index .Alerts 0).StartsAt }}",
    "{{ printf \"%s-%d-%v-%q-%5.1f|%-6s|%06d\" .Status 3 true \"a\\\"b\" 1.25 \"ab\" 42 }}",
    "{{ if and (eq .Status \"firing\") (gt (len .Alerts) 1) }}many{{ else if .Alerts }}some{{ end }}",
    "{{ define \"x\" }}[{{ .Labels.instance }}]{{ end }}{{ range .Alerts }}{{ template \"x\" . }}{{ end }}",
    "{{- /* nothing */ -}}  a {{- \" b\" }} {{ `raw \\n` }} {{ \"\\u00e9\" }}",
    "{{ $x := 0 }}{{ range .Alerts }}{{ $x = .Labels.instance }}{{ end }}{{ $x }}",
    "{{ .CommonLabels.nothing }}|{{ index .CommonLabels \"nothing\" }}|{{ .CommonAnnotations.runbook | urlquery }}",
    "{{ html .CommonAnnotations.summary }} {{ slice .Status 1 3 }} {{ print 1 2 \"a\" 3 }} {{ println .Status }}",
    "{{ not true }} {{ or \"\" \"b\" }} {{ and 1 0 }} {{ le 1 2 }} {{ eq \"a\" \"b\" \"a\" }} {{ lt 1.5 2.5 }}",
    "{{ block \"y\" .Status }}<{{ . }}>{{ end }}{{ range .Alerts }}{{ if eq .Labels.instance \"web-2\" }}{{ continue }}{{ end }}{{ .Labels.instance }}{{ break }}{{ end }}",
    "{{ safeHtml \"<b>\" }} {{ len .CommonLabels }} {{ .CommonLabels.alertname | len }} {{ 0x1f }} {{ 1e3 }} {{ -2 }}",
    "{{ with $a := index .Alerts 1 }}{{ $a.Labels.instance }} {{ $.Status }}{{ end }}{{ with \"\" }}x{{ else }}y{{ end }}",
];

/// What only a later one knows.
const NEWER_TEXTS: [&str; 10] = [
    "{{ .CommonLabels }} | {{ .CommonLabels.SortedPairs }}",
    "{{ .CommonAnnotations | toJson }} {{ .Alerts.Firing | toJson }}",
    "{{ . | toJson }}",
    "{{ (index .Alerts 0).StartsAt | tz \"Europe/Madrid\" | date \"15:04 MST\" }} {{ (index .Alerts 0).StartsAt | tz \"Asia/Kathmandu\" }}",
    "{{ trimSpace \"  a \" }} {{ urlUnescape \"a%20b+c\" }} {{ humanizeDuration 3725 }} {{ humanizeDuration \"0.5\" }}",
    "{{ range list 1 \"b\" true }}{{ . }},{{ end }}{{ append (list 1) 2 3 }} {{ (dict \"k\" \"v\").k }} {{ dict \"a\" 1 }}",
    "{{ index .Alerts 0 }}",
    "{{ (index .CommonLabels.SortedPairs 0) }} {{ list \"a\" 1 | toJson }} {{ .CommonLabels.SortedPairs | toJson }}",
    "{{ range 3 }}{{ . }}{{ end }}",
    "{{ with .CommonLabels.nothing }}a{{ else with .CommonLabels.zone }}{{ . }}{{ end }}",
];

/// What a page does with values.
const PAGES: [&str; 13] = [
    "<p>{{ .CommonAnnotations.summary }}</p>",
    "<p title=\"{{ .CommonAnnotations.summary }}\">{{ range .Alerts }}<b>{{ .Labels.note }}</b>{{ end }}",
    "<a href=\"{{ .CommonAnnotations.runbook }}\">x</a><a href='{{ (index .Alerts 0).GeneratorURL }}'>",
    "<a href=\"{{ \"javascript:alert(1)\" }}\"><a href=\"{{ .CommonLabels.note }}\">",
    "<a href=\"{{ safeUrl \"tel:1\" }}\">",
    "<a href=\"http://x/?q={{ .CommonLabels.note }}&r={{ .Status }}\">",
    "<a href=\"http://x/{{ .CommonLabels.note }}\">",
    "<b class={{ .Status }}>{{ safeHtml \"<i>\" }}{{ .Status | html }}",
    "<b style=\"color: {{ \"red\" }}\">{{ if .Alerts }}<i>{{ .Status }}</i>{{ end }}",
    "<!-- {{ .Status }} -->a &lt; {{ .CommonLabels.zone }}",
    "{{ define \"l\" }}<a href=\"{{ . }}\">{{ . }}</a>{{ end }}{{ template \"l\" .ExternalURL }}",
    "<td bgcolor=\"{{ if eq .Status \"firing\" }}#f00{{ else }}#0f0{{ end }}\">{{ \"a+b\" }}",
    "<img src=\"{{ .CommonAnnotations.runbook }}\" alt='{{ .CommonLabels.note }}'>",
];

#[test]
fn the_same_text_as_amtool_makes() {
    let Some((amtool, is_new)) = tool("ANDON_AMTOOL", "amtool") else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let group = Labels::new([("alertname", "Down")]);
    for ended in [false, true] {
        let told = Notification::new(
            "ops",
            &group,
            Reason::First,
            "http://am:9093/x",
            alerts(at("2026-01-01T10:00:00.25Z"), ended),
        );
        let data = directory.path().join("data.json");
        std::fs::write(&data, told.json().to_string()).expect("a file");
        // Debian keeps Alertmanager's own templates in files; others have them in the program.
        let debians = std::path::Path::new("/usr/share/prometheus/alertmanager");
        let glob = if debians.is_dir() { debians } else { directory.path() }.join("*.tmpl");
        let amtool = |text: &str, kind: &str| {
            let output = Command::new(&amtool)
                .args(["template", "render", "--template.text", text, "--template.type", kind])
                .args([
                    "--template.glob".as_ref(),
                    glob.as_os_str(),
                    "--template.data".as_ref(),
                    data.as_os_str(),
                ])
                .output()
                .expect("amtool runs");
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            match output.status.success() {
                true => printed,
                false => format!("amtool refuses: {}", String::from_utf8_lossy(&output.stderr)),
            }
        };
        let now = at("2026-01-01T12:00:00Z");
        let own = OWN.iter().chain(if is_new { &NEWER[..] } else { &[] });
        let own = own.map(|name| format!("{{{{ template \"{name}\" . }}}}"));
        let newer = if is_new { &NEWER_TEXTS[..] } else { &[] };
        let texts = TEXTS.iter().chain(newer).map(|text| (*text).to_owned());
        for text in own.chain(texts) {
            assert_eq!(filled(&text, &told, now), amtool(&text, "text"), "{text}");
        }
        for text in PAGES.into_iter().filter(|text| is_new || !text.contains("safeUrl")) {
            let words = Words::parse(text).expect("a template");
            let page = words.fill_page(&Templates::default(), &told, now).expect("it can be filled in");
            assert_eq!(page, amtool(text, "html"), "{text}");
        }
    }
}

fn filled(text: &str, told: &Notification, now: Timestamp) -> String {
    let words = Words::parse(text).unwrap_or_else(|error| panic!("{text}: {}", error.message));
    words.fill(&Templates::default(), told, now).unwrap_or_else(|why| panic!("{text}: {why}"))
}
