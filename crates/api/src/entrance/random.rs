//! Random bytes of the operating system: every secret that is made here begins with them.

/// Panics where the system has none: no secret may be made without.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}
