//! Places that are not like others: this machine, and where a cloud tells its machines their credentials.

use std::net::IpAddr;

/// Whether a host, as an address or a `Host` header names it, is the machine that it is said on. What goes there passes
/// nobody.
pub fn is_this_machine(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Beside link-local ones, where the clouds' machines ask who they are: over IPv6, and of Alibaba, Azure and Oracle.
const METADATA_V6: [u16; 8] = [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254];
const METADATA_V4: [[u8; 4]; 3] = [[100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192]];

/// Whether nothing of ours may be led there: an address of this link alone, or one at which a cloud tells its machines
/// their credentials; also where it is wrapped in an address of IPv6 that leads there by NAT64 or 6to4.
pub fn is_off_limits(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_link_local() || METADATA_V4.contains(&v4.octets()),
        IpAddr::V6(v6) => {
            let wrapped = |high: u16, low: u16| {
                let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
                is_off_limits(IpAddr::from([a, b, c, d]))
            };
            let said = v6.segments();
            v6.is_unicast_link_local()
                || said == METADATA_V6
                || match said {
                    [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0, high, low] => {
                        wrapped(high, low)
                    }
                    [0x2002, high, low, ..] => wrapped(high, low),
                    _ => false,
                }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_few_names() {
        for here in ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"] {
            assert!(is_this_machine(here), "{here}");
        }
        for elsewhere in
            ["", "localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "0.0.0.0", "[::1", "::1]"]
        {
            assert!(!is_this_machine(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn credentials_are_where_no_one_is_led() {
        for trick in [
            "169.254.169.254",
            "169.254.0.1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
        ] {
            assert!(is_off_limits(trick.parse().unwrap()), "{trick}");
        }
        for well in ["10.0.0.1", "127.0.0.1", "::1", "::", "169.253.0.1", "fd00::1", "64:ff9b::8.8.8.8"] {
            assert!(!is_off_limits(well.parse().unwrap()), "{well}");
        }
    }
}
