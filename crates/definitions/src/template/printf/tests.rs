//! What Alertmanager 0.33 prints of the same formats and values.

use std::sync::Arc;

use super::*;

fn text(text: &str) -> Value {
    Value::text(text)
}

#[track_caller]
fn check(format: &str, args: &[Value], wanted: &str) {
    assert_eq!(printf(format, args).as_deref(), Ok(wanted), "{format}");
}

#[test]
fn whole_numbers() {
    let int = Value::Int;
    check(
        "%#v %d|% d|%+d|%.3d|%8.3d|",
        &[int(-7), int(5), int(5), int(5), int(5), int(5)],
        "-7 5| 5|+5|005|     005|",
    );
    check("%x %X %#x %x", &[int(3_735_928_559), int(255), int(255), int(-255)], "deadbeef FF 0xff -ff");
    check("%o %#o %O %b %#b", &[int(8), int(8), int(8), int(5), int(5)], "10 010 0o10 101 0b101");
    check(
        "%U %#U %c|%5c|%-5c|",
        &[int(65), int(128_512), int(65), int(65), int(66)],
        "U+0041 U+1F600 '😀' A|    A|B    |",
    );
    check(
        "%q %q %05d|%-5d|%s",
        &[int(65), int(39), int(-42), int(42), int(1)],
        r"'A' '\'' -0042|42   |%!s(int=1)",
    );
}

#[test]
fn zeros_and_signs() {
    let int = Value::Int;
    check(
        "% 05d|%+05d|%#.5x|%+.3d|%08U|",
        &[int(42), int(42), int(255), int(7), int(65)],
        " 0042|+0042|0x000ff|+007|  U+0041|",
    );
    check(
        "%.0d|%.0x|%#o|%#b|%05t|%05q",
        &[int(0), int(0), int(0), int(0), Value::Bool(true), text("a")],
        "||0|0b0|0true|00\"a\"",
    );
    check("%c %q %U", &[int(-1), int(1_114_112), int(-1)], "� '�' U+FFFFFFFFFFFFFFFF");
    check(
        "%010.2f|%-10.2f|%+f",
        &[Value::Float(-3.51239), Value::Float(3.51239), Value::Float(0.5)],
        "-000003.51|3.51      |+0.500000",
    );
}

#[test]
fn texts() {
    check("%#v %q", &[text("a\"b\n"), text("\u{200b}\0é😀")], r#""a\"b\n" "\u200b\x00é😀""#);
    check(
        "%+q %#q %#q %.3q",
        &[text("é"), text("a`b"), text("ab"), text("abcdef")],
        r#""\u00e9" "a`b" `ab` "abc""#,
    );
    let word = || text("hé");
    check(
        "%x %X % x %#x %# x",
        &[word(), word(), word(), word(), word()],
        "68c3a9 68C3A9 68 c3 a9 0x68c3a9 0x68 0xc3 0xa9",
    );
    check(
        "%.2x|%x|%5q|%05s|%-8.3s|",
        &[text("abcdef"), text(""), text("a"), text("b"), text("abcdef")],
        "6162||  \"a\"|0000b|abc     |",
    );
    check("%U %d %w", &[text("A"), text("a"), text("a")], "%!U(string=A) %!d(string=a) %!w(string=a)");
}

#[test]
fn everything_else() {
    let float = Value::Float;
    check(
        "%6.2f|%08.3f|%+.2e|%G|%g|%#v %#v",
        &[float(3.51239), float(3.51239), float(12345.678), float(1e21), float(1e-7), float(1e6), float(3.0)],
        "  3.51|0003.512|+1.23e+04|1E+21|1e-07|1e+06 3",
    );
    check(
        "%t %5t %s %#v",
        &[Value::Bool(true), Value::Bool(true), Value::Bool(true), Value::Bool(true)],
        "true  true %!s(bool=true) true",
    );
    check(
        "%s %v %d %T",
        &[Value::Nil, Value::Nil, Value::Nil, Value::Nil],
        "%!s(<nil>) <nil> %!d(<nil>) <nil>",
    );
    let pairs = || Value::Pairs(Arc::new([("a".to_owned(), "b".to_owned())].into()));
    check(
        "%v %s %+v %q %x %#v",
        &[pairs(), pairs(), pairs(), pairs(), pairs(), pairs()],
        r#"a=b a=b a=b "a=b" 613d62 template.KV{"a":"b"}"#,
    );
}

#[test]
fn which_argument_is_meant() {
    let int = Value::Int;
    check("%[2]d %[1]d", &[int(1), int(2)], "2 1");
    check(
        "%*d|%-*d|%.*f",
        &[int(5), int(42), int(5), int(42), int(2), Value::Float(3.51239)],
        "   42|42   |3.51",
    );
    check("%[3]d %d", &[int(1)], "%!d(BADINDEX) 1");
    check("%s%%|%5%|%", &[text("a")], "a%|%|%!(NOVERB)");
    check("%d %d", &[int(1)], "1 %!d(MISSING)");
    check("a", &[int(1), text("b")], "a%!(EXTRA int=1, string=b)");
}

#[test]
fn what_cannot_be_printed_is_said() {
    for (format, arg) in [("%x", Value::Float(1.5)), ("%b", Value::Float(1.5)), ("%#v", Value::Root)] {
        assert!(printf(format, &[arg]).unwrap_err().contains("is not printed here"), "{format}");
    }
}

#[test]
fn whatever_the_format_it_ends() {
    arbtest::arbtest(|u| {
        let mut format = String::new();
        for _ in 0..u.int_in_range(0..=10)? {
            format.push_str(
                u.choose(&["%", "#", "+", "[1]", "[", "]", "*", ".", "0", "9", "v", "q", "x", "é", " "])?,
            );
        }
        let args = [Value::Int(u.arbitrary()?), text(u.arbitrary()?), Value::Float(u.arbitrary()?)];
        let _ = printf(&format, &args);
        Ok(())
    });
}
