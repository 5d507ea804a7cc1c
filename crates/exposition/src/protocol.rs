//! What is asked of a target and how its answer is read: the headers `Accept` and `Content-Type`.

use crate::Format;

/// The exposition protocols, named as `scrape_protocols` in prometheus.yml names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    PrometheusProto,
    OpenMetricsText1_0_0,
    OpenMetricsText0_0_1,
    PrometheusText1_0_0,
    PrometheusText0_0_4,
}

/// How a target shall write names that not every reader understands (`metric_name_escaping_scheme`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escaping {
    #[default]
    AllowUtf8,
    Underscores,
    Dots,
    Values,
}

/// How a body is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Text(Format),
    /// Delimited messages of `io.prometheus.client.MetricFamily`.
    Protobuf,
}

/// How an answer is read, and what should be said about its `Content-Type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub encoding: Encoding,
    pub remark: Option<String>,
}

impl Protocol {
    /// In the order of preference; Prometheus's default without native histograms.
    pub const DEFAULT: &[Protocol] = &[
        Protocol::OpenMetricsText1_0_0,
        Protocol::OpenMetricsText0_0_1,
        Protocol::PrometheusText1_0_0,
        Protocol::PrometheusText0_0_4,
    ];

    /// Where native histograms are wanted: only protobuf carries them.
    pub const WITH_HISTOGRAMS: &[Protocol] = &[
        Protocol::PrometheusProto,
        Protocol::OpenMetricsText1_0_0,
        Protocol::OpenMetricsText0_0_1,
        Protocol::PrometheusText1_0_0,
        Protocol::PrometheusText0_0_4,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Protocol::PrometheusProto => "PrometheusProto",
            Protocol::OpenMetricsText1_0_0 => "OpenMetricsText1.0.0",
            Protocol::OpenMetricsText0_0_1 => "OpenMetricsText0.0.1",
            Protocol::PrometheusText1_0_0 => "PrometheusText1.0.0",
            Protocol::PrometheusText0_0_4 => "PrometheusText0.0.4",
        }
    }

    pub fn named(name: &str) -> Option<Protocol> {
        Protocol::WITH_HISTOGRAMS.iter().copied().find(|protocol| protocol.name() == name)
    }

    pub fn encoding(self) -> Encoding {
        match self {
            Protocol::PrometheusProto => Encoding::Protobuf,
            Protocol::OpenMetricsText1_0_0 | Protocol::OpenMetricsText0_0_1 => {
                Encoding::Text(Format::OpenMetrics)
            }
            Protocol::PrometheusText1_0_0 | Protocol::PrometheusText0_0_4 => {
                Encoding::Text(Format::Prometheus)
            }
        }
    }

    fn media(self) -> &'static str {
        match self {
            Protocol::PrometheusProto => {
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
            }
            Protocol::OpenMetricsText1_0_0 => "application/openmetrics-text;version=1.0.0",
            Protocol::OpenMetricsText0_0_1 => "application/openmetrics-text;version=0.0.1",
            Protocol::PrometheusText1_0_0 => "text/plain;version=1.0.0",
            Protocol::PrometheusText0_0_4 => "text/plain;version=0.0.4",
        }
    }

    /// Only the newer text formats let the reader choose how names are escaped.
    fn has_escaping(self) -> bool {
        matches!(self, Protocol::OpenMetricsText1_0_0 | Protocol::PrometheusText1_0_0)
    }
}

impl Escaping {
    pub fn name(self) -> &'static str {
        match self {
            Escaping::AllowUtf8 => "allow-utf-8",
            Escaping::Underscores => "underscores",
            Escaping::Dots => "dots",
            Escaping::Values => "values",
        }
    }

    pub fn named(name: &str) -> Option<Escaping> {
        [Escaping::AllowUtf8, Escaping::Underscores, Escaping::Dots, Escaping::Values]
            .into_iter()
            .find(|escaping| escaping.name() == name)
    }
}

/// The `Accept` header, the most wanted protocol first, with Prometheus's own weights.
pub fn accept(protocols: &[Protocol], escaping: Escaping) -> String {
    let mut weight = Protocol::WITH_HISTOGRAMS.len() + 1;
    let mut text = String::new();
    for protocol in protocols {
        text.push_str(protocol.media());
        if protocol.has_escaping() {
            text.push_str(";escaping=");
            text.push_str(escaping.name());
        }
        text.push_str(&format!(";q=0.{weight},"));
        weight = weight.saturating_sub(1).max(1);
    }
    text.push_str(&format!("*/*;q=0.{weight}"));
    text
}

impl Chosen {
    /// By the answer's `Content-Type`. As in Prometheus 3, one that is missing or unknown fails the scrape, unless the
    /// target's `fallback_scrape_protocol` says how it is meant.
    pub fn by(content_type: Option<&str>, fallback: Option<Protocol>) -> Result<Chosen, String> {
        let content_type = content_type.unwrap_or_default().trim();
        let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let encoding = match media.as_str() {
            "text/plain" => Encoding::Text(Format::Prometheus),
            "application/openmetrics-text" => Encoding::Text(Format::OpenMetrics),
            "application/vnd.google.protobuf" => Encoding::Protobuf,
            _ => {
                let what = match content_type {
                    "" => "the target does not say what it answers with (no Content-Type)".to_owned(),
                    other => format!("the target answers with {other:?}, which is no format of metrics"),
                };
                let Some(fallback) = fallback else {
                    return Err(format!("{what}; mend it, or set fallback_scrape_protocol for it"));
                };
                let remark = Some(format!("{what}; read as {}", fallback.name()));
                return Ok(Chosen { encoding: fallback.encoding(), remark });
            }
        };
        Ok(Chosen { encoding, remark: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_header_is_prometheus_own() {
        assert_eq!(
            accept(Protocol::DEFAULT, Escaping::AllowUtf8),
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        );
        let with_histograms = accept(Protocol::WITH_HISTOGRAMS, Escaping::Underscores);
        assert!(with_histograms.starts_with("application/vnd.google.protobuf;"), "{with_histograms}");
        assert!(with_histograms.ends_with("q=0.2,*/*;q=0.1"), "{with_histograms}");
    }

    #[test]
    fn the_content_type_chooses_the_parser() {
        let chosen = |text| Chosen::by(Some(text), None).map(|chosen| chosen.encoding);
        let text = Ok(Encoding::Text(Format::Prometheus));
        assert_eq!(chosen("text/plain; version=0.0.4; charset=utf-8"), text);
        assert_eq!(chosen("Text/Plain;version=1.0.0;escaping=allow-utf-8"), text);
        let open = Ok(Encoding::Text(Format::OpenMetrics));
        assert_eq!(chosen("application/openmetrics-text; version=1.0.0; charset=utf-8"), open);
        let delimited =
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
        assert_eq!(chosen(delimited), Ok(Encoding::Protobuf));
        assert!(chosen("text/html").unwrap_err().contains("text/html"));
        assert!(Chosen::by(None, None).unwrap_err().contains("no Content-Type"));
    }

    #[test]
    fn a_fallback_is_used_and_said() {
        let chosen = Chosen::by(None, Protocol::named("PrometheusText0.0.4")).unwrap();
        assert_eq!(chosen.encoding, Encoding::Text(Format::Prometheus));
        assert!(chosen.remark.unwrap().ends_with("read as PrometheusText0.0.4"));
    }
}
