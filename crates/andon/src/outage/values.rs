//! Samples in promtool's notation, as short as it allows without saying anything else.

/// `20 20 20 _ _ 4` is `20x2 _x2 4`.
pub fn notation(samples: &[Option<f64>]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut rest = samples;
    while let Some(first) = rest.first() {
        let same = rest.iter().take_while(|sample| is_same(**sample, *first)).count();
        words.push(match (first, same) {
            (None, 1) => "_".to_owned(),
            (None, gaps) => format!("_x{gaps}"),
            (Some(value), 1) => number(*value),
            // A repetition comes after the first.
            (Some(value), times) => format!("{}x{}", number(*value), times - 1),
        });
        rest = &rest[same..];
    }
    words.join(" ")
}

fn is_same(a: Option<f64>, b: Option<f64>) -> bool {
    a.map(f64::to_bits) == b.map(f64::to_bits)
}

fn number(value: f64) -> String {
    andon_vocabulary::Value(value).to_string()
}

#[cfg(test)]
mod tests {
    use andon_promql::script::values;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for samples in [
            vec![Some(20.0), Some(20.0), Some(20.0), None, None, Some(4.0)],
            vec![None, Some(0.5), None, Some(-1.0), Some(-1.0)],
            vec![Some(f64::INFINITY), Some(1e-9), Some(1e21)],
        ] {
            let text = notation(&samples);
            assert_eq!(values(&text).unwrap(), samples, "{text}");
        }
        assert_eq!(notation(&[Some(20.0), Some(20.0), Some(20.0), None, None, Some(4.0)]), "20x2 _x2 4");
    }
}
