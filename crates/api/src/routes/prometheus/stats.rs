//! `stats`: how long a query took and how much it read.

use std::time::Duration;

use super::form::Form;
use super::go;

/// Whether the statistics are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked(bool);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    pub queued: Duration,
    pub took: Duration,
}

impl Asked {
    pub fn of(form: &Form) -> Asked {
        Asked(!form.get("stats").is_empty())
    }

    /// Prometheus's fields. What is not told apart here counts as evaluation.
    pub fn render(self, samples: usize, timing: Timing) -> Option<Vec<u8>> {
        if !self.0 {
            return None;
        }
        let mut out = br#"{"timings":{"#.to_vec();
        let times = [
            ("evalTotalTime", timing.took),
            ("resultSortTime", Duration::ZERO),
            ("queryPreparationTime", Duration::ZERO),
            ("innerEvalTime", timing.took),
            ("execQueueTime", timing.queued),
            ("execTotalTime", timing.queued + timing.took),
        ];
        for (index, (name, span)) in times.into_iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            go::push(&mut out, format_args!("\"{name}\":"));
            go::number(span.as_secs_f64(), &mut out);
        }
        go::push(
            &mut out,
            format_args!(r#"}},"samples":{{"totalQueryableSamples":{samples},"peakSamples":{samples}}}}}"#),
        );
        Some(out)
    }
}
