//! Who knows the secret, and who does not.

use crate::proof::{is_signature, is_token};

#[test]
fn tokens() {
    assert!(is_token(b"swordfish", b"swordfish"));
    for given in [b"".as_slice(), b"swordfis", b"swordfish ", b"Swordfish", &[0xff; 500]] {
        assert!(!is_token(b"swordfish", given));
    }
    assert!(!is_token(b"", b""), "a secret that is missing opens nothing");
}

#[test]
fn signatures() {
    // The example of GitHub's reference.
    let (secret, body) = (b"It's a Secret to Everybody", b"Hello, World!");
    let hex = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assert!(is_signature(secret, &[body], &format!("sha256={hex}")));
    assert!(is_signature(secret, &[body], hex));
    assert!(is_signature(secret, &[b"Hello, ", b"World!"], &hex.to_uppercase()));
    for header in ["", "sha256=", "sha1=00", &hex[1..], &hex.replace('7', "8"), &"é".repeat(32)] {
        assert!(!is_signature(secret, &[body], header), "{header}");
    }
    assert!(!is_signature(b"another", &[body], hex));
    assert!(!is_signature(b"", &[body], hex));
}
