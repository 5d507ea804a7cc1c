//! Where a bucket begins and ends.

use std::sync::OnceLock;

use super::Layout;

impl Layout {
    /// The schemas that may be exposed: bases from 2^16 to 2^(1/256).
    pub const SCHEMAS: std::ops::RangeInclusive<i8> = -4..=8;

    /// The upper bound of the positive bucket with this index; that of the bucket before it is its lower bound.
    /// Mirrored, it bounds the negative ones.
    pub fn bound(&self, index: i64) -> f64 {
        match self {
            Layout::Exponential(schema) => exponential(index, *schema),
            Layout::Custom(bounds) => match usize::try_from(index) {
                Ok(at) => bounds.get(at).copied().unwrap_or(f64::INFINITY),
                Err(_) => f64::NEG_INFINITY,
            },
        }
    }
}

/// (2^(2^-schema))^index. The last bucket of finite numbers would end beyond all of them, and ends at the largest; the
/// one after it holds the infinite ones.
fn exponential(index: i64, schema: i8) -> f64 {
    let (fraction, exponent) = if schema < 0 {
        (0.5, (index << schema.unsigned_abs()).saturating_add(1))
    } else {
        let within = (index & ((1 << schema) - 1)) << (8 - schema);
        (fractions()[usize::try_from(within).expect("masked")], (index >> schema) + 1)
    };
    if fraction == 0.5 && exponent == 1025 { f64::MAX } else { scaled(fraction, exponent) }
}

/// The bounds between a half and one at the finest schema; every coarser one has its share of them.
fn fractions() -> &'static [f64; 256] {
    static FRACTIONS: OnceLock<[f64; 256]> = OnceLock::new();
    FRACTIONS.get_or_init(|| std::array::from_fn(fraction))
}

/// 2^(index/256 - 1). Every client library has the same table, in which the bounds lie up to three representable
/// numbers below what square roots give; ours must be the same to the last bit, as people compare them as text.
fn fraction(index: usize) -> f64 {
    let (mut product, mut root) = (0.5_f64, 2.0_f64);
    for bit in (0..8).rev() {
        root = root.sqrt();
        if index >> bit & 1 == 1 {
            product *= root;
        }
    }
    let below = match index {
        0..128 => 0,
        128..174 => 1,
        174..216 => 2,
        216..224 => 3,
        _ => 2,
    };
    f64::from_bits(product.to_bits() - below)
}

/// `fraction` · 2^`exponent`, rounded once, for a fraction from a half to one.
fn scaled(fraction: f64, exponent: i64) -> f64 {
    let power = |exponent: i64| f64::from_bits(u64::try_from(exponent + 1023).expect("in range") << 52);
    match exponent {
        1025.. => f64::INFINITY,
        -1021..=1024 => fraction * 2.0 * power(exponent - 1),
        // Below the normal numbers the second factor rounds.
        -1080..=-1022 => fraction * power(exponent + 200) * power(-200),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_bounds_of_every_schema() {
        for schema in Layout::SCHEMAS {
            let layout = Layout::Exponential(schema);
            assert_eq!(layout.bound(0), 1.0);
            if schema >= 0 {
                assert_eq!(layout.bound(1 << schema), 2.0);
                assert_eq!(layout.bound(-3 << schema), 0.125);
                assert_eq!(layout.bound(1024 << schema), f64::MAX);
                assert_eq!(layout.bound((1024 << schema) + 1), f64::INFINITY);
                assert_eq!(layout.bound(-1074 << schema), f64::from_bits(1));
            }
        }
        assert_eq!(Layout::Exponential(-4).bound(1), 65536.0);
        assert_eq!(Layout::Exponential(-4).bound(64), f64::MAX);
        assert_eq!(Layout::Exponential(-1).bound(-1), 0.25);
    }

    #[test]
    fn bounds_are_those_of_the_client_libraries() {
        assert_eq!(Layout::Exponential(1).bound(1).to_string(), "1.414213562373095");
        assert_eq!(Layout::Exponential(2).bound(1).to_string(), "1.189207115002721");
        assert_eq!(Layout::Exponential(8).bound(-1).to_string(), "0.9972960560854698");
    }

    #[test]
    fn bounds_rise_whatever_the_index() {
        for schema in Layout::SCHEMAS {
            let layout = Layout::Exponential(schema);
            let indices = (-3000..3000).map(|n| n * 97).chain([i64::from(i32::MAX)]);
            let bounds: Vec<f64> = indices.map(|index| layout.bound(index)).collect();
            assert!(bounds.windows(2).all(|pair| pair[0] <= pair[1]), "schema {schema}");
        }
        assert_eq!(Layout::Exponential(8).bound(i64::from(i32::MIN) - 1), 0.0);
    }

    #[test]
    fn custom_bounds_are_open_at_both_ends() {
        let layout = Layout::Custom([1.0, 5.0].into());
        let bounds: Vec<f64> = (-1..4).map(|index| layout.bound(index)).collect();
        assert_eq!(bounds, [f64::NEG_INFINITY, 1.0, 5.0, f64::INFINITY, f64::INFINITY]);
    }
}
