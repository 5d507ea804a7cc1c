use super::*;

fn list(text: &str) -> String {
    match AlertMatcher::list(text) {
        Ok(all) => all.iter().map(AlertMatcher::to_string).collect::<Vec<_>>().join(" "),
        Err(why) => format!("! {why}"),
    }
}

#[test]
fn both_notations_are_read() {
    for (text, wanted) in [
        ("", ""),
        ("{}", ""),
        ("a=b", r#"a="b""#),
        (r#"{a="b", c!="d",}"#, r#"a="b" c!="d""#),
        (r#"a=~"x|y",b!~z"#, r#"a=~"x|y" b!~"z""#),
        (r#""über tag"="ü", b = "c""#, r#""über tag"="ü" b="c""#),
        ("a=\"x,y}\"", "a=\"x,y}\""),
        // Only the classic notation takes what is not in quotes as it stands.
        (r"a=~[a-z]{2}\d", r#"a=~"[a-z]{2}\\d""#),
        (r"team=web ops", r#"team="web ops""#),
        (r"a=", r#"a="""#),
        // Both read it, and differently; the classic meaning stays.
        (r#"a="\q""#, r#"a="\\q""#),
        (r#"a="\x41""#, r#"a="\\x41""#),
        (r#""a b"="\x41\u00fc\101\t""#, "\"a b\"=\"AüA\t\""),
    ] {
        assert_eq!(list(text), wanted, "{text}");
    }
}

#[test]
fn what_is_no_list_is_said() {
    for text in ["a", "=b", "a=\"b\"c\"", "\"a b\"=c d", "a=~\"[\"", "1 a=b", "a=b,,c=d", "\"\\q\"=b"] {
        let said = list(text);
        assert!(said.starts_with("! "), "{text}: {said}");
    }
    // The classic notation minds neither a brace that is missing nor other quotes.
    assert_eq!(list("{a=b"), "a=\"b\"");
    assert_eq!(list("a='b',"), "a=\"'b'\"");
}

/// As Alertmanager 0.25 and 0.33 answer `?filter=`.
#[test]
fn one_matcher_takes_all_of_the_text() {
    let one =
        |text: &str| AlertMatcher::one(text).map_or_else(|why| format!("! {why}"), |one| one.to_string());
    for (text, wanted) in [
        ("a=b", r#"a="b""#),
        ("a=b,c=d", r#"a="b,c=d""#),
        ("a=~b,c=d", r#"a=~"b,c=d""#),
        ("a=b,", r#"a="b,""#),
        ("a=b c=d", r#"a="b c=d""#),
        (r#"a="b,c=d""#, r#"a="b,c=d""#),
        (r#" "a b" = c "#, r#""a b"="c""#),
    ] {
        assert_eq!(one(text), wanted, "{text}");
    }
    for text in ["", "foo", "=a", ",a=b", r#"a="b",c="d""#, r#""a"="b","c"="d""#] {
        assert!(one(text).starts_with("! "), "{text}");
    }
}

#[test]
fn what_does_not_compile_is_not_read() {
    // Go knows no `\u` in a regular expression; in the quotes of the newer notation it is a letter.
    assert_eq!(list(r#"a=~"\u0041""#), r#"a=~"A""#);
    for (text, why) in [
        ("a=~x*+", "! `x*+`: invalid nested repetition operator: `*+`"),
        ("a=~\"a{1001}\"", "! `a{1001}`: invalid repeat count: `{1001}`"),
        ("a=~(?x)b", "! `(?x)b`: invalid or unsupported Perl syntax: `(?x`"),
    ] {
        assert_eq!(list(text), why);
    }
}

#[test]
fn a_label_that_is_missing_is_empty() {
    let labels = Labels::new([("a", "b"), ("n", "x\ny")]);
    let holds = |text: &str| AlertMatcher::list(text).unwrap().iter().all(|one| one.matches(&labels));
    for yes in
        ["a=b", "a!=c", "z=", "z!=x", "a=~b|c", "z=~\"|x\"", "a!~bb", r#"n=~"x\ny""#, r#"n=~"(?s)x.y""#, ""]
    {
        assert!(holds(yes), "{yes}");
    }
    for no in ["a=bb", r#"n=~"x.y""#, "n=~.+", "a=~\"\"", "z=~.+", "z=x", "a!~.*", "a=b,z=x"] {
        assert!(!holds(no), "{no}");
    }
}

#[test]
fn what_is_printed_reads_back_as_the_same() {
    arbtest::arbtest(|u| {
        let ops = [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex];
        let name: String = u.arbitrary()?;
        let value: String = u.arbitrary()?;
        // Go's quotes know no other control characters, and neither notation prints them.
        if name.chars().chain(value.chars()).any(|c| c.is_control() && c != '\n') {
            return Ok(());
        }
        if let Ok(one) = AlertMatcher::new(&name, *u.choose(&ops)?, &value) {
            assert_eq!(AlertMatcher::list(&one.to_string()), Ok(vec![one.clone()]), "{one}");
        }
        Ok(())
    });
}
