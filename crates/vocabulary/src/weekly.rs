//! Hours of the week in one zone: `tue,thu 02:00-04:00 Europe/Madrid`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// As people write it; whether there are such days, hours and such a zone is checked where it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weekly {
    /// `mon` to `sun`.
    pub days: Vec<String>,
    /// `02:00`.
    pub from: String,
    /// Before `from`: on the next day.
    pub to: String,
    pub timezone: String,
}

impl fmt::Display for Weekly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}-{} {}", self.days.join(","), self.from, self.to, self.timezone)
    }
}

impl FromStr for Weekly {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected hours such as `tue,thu 02:00-04:00 Europe/Madrid`, got {text:?}");
        let words: Vec<&str> = text.split_whitespace().collect();
        let [days, hours, timezone] = words[..] else { return Err(wrong()) };
        let (from, to) = hours.split_once(['-', '–']).ok_or_else(wrong)?;
        // `tuesday` and `Tue` are meant as `tue`.
        let day = |day: &str| day.to_lowercase().chars().take(3).collect();
        let days = days.split(',').map(day).collect();
        let (from, to, timezone) = (from.to_owned(), to.to_owned(), timezone.to_owned());
        Ok(Weekly { days, from, to, timezone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_written_as_they_are_read() {
        let weekly: Weekly = "Tuesday,thu 02:00–04:00 Europe/Madrid".parse().unwrap();
        assert_eq!(weekly.to_string(), "tue,thu 02:00-04:00 Europe/Madrid");
        assert_eq!(weekly.to_string().parse(), Ok(weekly));
        for bad in ["", "tue", "tue 02:00 Europe/Madrid", "tue 02:00-04:00"] {
            assert!(bad.parse::<Weekly>().unwrap_err().contains("expected hours"), "{bad}");
        }
    }
}
