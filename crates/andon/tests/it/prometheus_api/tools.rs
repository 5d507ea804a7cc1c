//! `promtool`, unchanged.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::peer::binary;
use crate::house::may_skip;
use crate::real::{Home, Pager, Target, http, wait};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn promtool_finds_what_it_looks_for() {
    let Some(promtool) = binary("PROMTOOL", "promtool") else {
        assert!(may_skip("there is no promtool"));
        return;
    };
    let (pager, target) =
        (Pager::start(), Target::exposing("# TYPE shop_heat gauge\nshop_heat{room=\"hall\"} 21.5\n"));
    let home = Home::new(pager.files("").into_iter().chain([Target::service(target.address(), "100ms")]));
    let server = home.start();
    wait("a sample", PATIENCE, || server.query("shop_heat").pop());
    let url = format!("http://{}", server.address);
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let run = |args: &[&str], input: &str| {
        let mut child = Command::new(&promtool)
            .args(args)
            .current_dir(scratch.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        std::io::Write::write_all(&mut child.stdin.take().expect("it is piped"), input.as_bytes())
            .expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "promtool {args:?}: {out}{err}");
        format!("{out}{err}")
    };

    let instant = run(&["query", "instant", &url, "shop_heat * 2"], "");
    assert!(instant.contains("room=\"hall\"") && instant.contains("=> 43 @"), "{instant}");
    let range = run(&["query", "range", "--step=1s", &url, "shop_heat"], "");
    assert!(range.contains("21.5 @"), "{range}");
    let series = run(&["query", "series", "--match=shop_heat", &url], "");
    assert!(series.contains("room=\"hall\""), "{series}");
    let labels = run(&["query", "labels", &url, "room"], "");
    assert_eq!(labels.trim(), "hall");

    let (status, exposed) =
        http::request(server.address, "GET", "/metrics", &[], "").expect("its own metrics");
    assert_eq!(status, 200);
    let findings = run(&["check", "metrics"], &exposed);
    assert_eq!(findings.trim(), "", "of the server's own metrics");
    run(&["debug", "metrics", &url], "");
    assert!(scratch.path().join("debug.tar.gz").exists());
}
