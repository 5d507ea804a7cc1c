//! The straight line that numbers lie along, taken out before they are packed: a counter's is its rate.

use super::BadChunk;

/// Fractions of a slope are counted in these.
const FRACTION_BITS: u32 = 16;

/// Number `i` lies near `i · slope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub slope: i64,
    /// Whether the slope counts whole units or 2^-16 of one.
    pub fine: bool,
}

impl Line {
    pub const FLAT: Line = Line { slope: 0, fine: false };

    /// The line with the least squares. With a slope that is off by little, a counter's noise would be a wedge.
    pub fn along(numbers: &[i64]) -> Line {
        let len = numbers.len() as f64;
        let middle = (len - 1.0) / 2.0;
        let (mut sum, mut leaning, mut least, mut most) = (0.0, 0.0, i64::MAX, i64::MIN);
        for (at, number) in numbers.iter().enumerate() {
            sum += *number as f64;
            leaning += at as f64 * *number as f64;
            (least, most) = (least.min(*number), most.max(*number));
        }
        let slope = (leaning - middle * sum) / (len * (len * len - 1.0) / 12.0);
        // What noise alone leans by is not worth its bytes; beyond 2^40, fractions leave no room for the product.
        if !(slope.abs() * len * 8.0 > most as f64 - least as f64 && slope.abs() < 2_f64.powi(40)) {
            return Line::FLAT;
        }
        if (slope - slope.round()).abs() * len < 0.5 {
            Line { slope: slope.round() as i64, fine: false }
        } else {
            Line { slope: (slope * f64::from(1 << FRACTION_BITS)).round() as i64, fine: true }
        }
    }

    pub fn at(self, place: usize) -> i64 {
        (place as i64).wrapping_mul(self.slope) >> if self.fine { FRACTION_BITS } else { 0 }
    }
}

/// Numbers in units of what all their differences have in common: bytes in pages of 4096 lose twelve bits each.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    pub first: i64,
    divisor: i64,
}

impl Unit {
    /// And the numbers in it, counted from the first.
    pub fn of(numbers: &[i64]) -> (Unit, Vec<i64>) {
        let first = numbers[0];
        let mut apart: Vec<i64> = numbers.iter().map(|number| number.wrapping_sub(first)).collect();
        let divisor = i64::try_from(common_divisor(&apart)).unwrap_or(1);
        if divisor != 1 {
            apart.iter_mut().for_each(|number| *number /= divisor);
        }
        (Unit { first, divisor }, apart)
    }

    pub fn divisor(self) -> u64 {
        self.divisor as u64
    }

    pub fn from_parts(first: i64, divisor: u64) -> Result<Unit, BadChunk> {
        let divisor = i64::try_from(divisor).map_err(|_| BadChunk { why: "an impossible unit" })?;
        Ok(Unit { first, divisor })
    }

    pub fn number(self, units: i64) -> i64 {
        self.first.wrapping_add(units.wrapping_mul(self.divisor))
    }
}

/// At least 1. Of ordinary numbers a few steps find 1 and the rest is skipped.
fn common_divisor(numbers: &[i64]) -> u64 {
    let mut divisor = 0_u64;
    for number in numbers {
        let (mut a, mut b) = (divisor, number.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        divisor = a;
        if divisor == 1 {
            break;
        }
    }
    divisor.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noisy_line_is_found() {
        let whole: Vec<i64> = (0..1000).map(|i| i * 137 + i % 8).collect();
        assert_eq!(Line::along(&whole), Line { slope: 137, fine: false });
        let broken: Vec<i64> = (0..1000).map(|i| i * 137 / 10 + i * i % 7).collect();
        let line = Line::along(&broken);
        assert!(line.fine && (line.at(1000) - 13_700).abs() < 10, "{line:?}");
        let noise: Vec<i64> = (0..1000).map(|i| i * i % 89).collect();
        assert_eq!(Line::along(&noise), Line::FLAT);
        assert_eq!(Line::along(&[i64::MIN, i64::MAX]), Line::FLAT);
        assert_eq!(Line::along(&[4]), Line::FLAT);
    }

    #[test]
    fn units_come_back() {
        for numbers in [&[7, 4103, -4089][..], &[i64::MIN, i64::MAX, 0], &[0, i64::MIN], &[5]] {
            let (unit, units) = Unit::of(numbers);
            let back: Vec<i64> = units.iter().map(|units| unit.number(*units)).collect();
            assert_eq!(back, numbers);
        }
        assert_eq!(Unit::of(&[7, 4103, -4089]).1, [0, 1, -1]);
    }
}
