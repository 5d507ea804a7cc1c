//! Measured values as people read them: four digits that mean something.

use andon_vocabulary::Value;

pub fn short(value: Value) -> String {
    let Value(number) = value;
    if !number.is_finite() || number == 0.0 {
        return value.to_string();
    }
    let digits = 3 - number.abs().log10().floor() as i32;
    let scale = 10_f64.powi(digits.abs());
    let rounded =
        if digits >= 0 { (number * scale).round() / scale } else { (number / scale).round() * scale };
    Value(rounded).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_kept() {
        let check = |value: f64, text: &str| assert_eq!(short(Value(value)), text);
        check(0.339_740_865_762, "0.3397");
        check(0.97, "0.97");
        check(123_456_789.0, "123500000");
        check(-12.345_6, "-12.35");
        check(0.0, "0");
        check(f64::INFINITY, "+Inf");
        check(f64::NAN, "NaN");
    }
}
