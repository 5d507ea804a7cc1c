//! The action `process`: a program with its arguments, never a shell, in a group of its own that ends with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use andon_vocabulary::OrderResult;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Command;

use crate::leader::Leader;
use crate::output::Output;
use crate::warrant::now;

/// What a step inherits; everything else it gets is in the order.
pub const INHERITED: [&str; 2] = ["PATH", "HOME"];

/// Something may hold the pipe although its group is gone; nobody waits for that.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The mark by which a step's processes are known: `<instance id>/<key>`.
pub const MARK: &str = "ANDON_STEP";
/// When they must be gone, in milliseconds since 1970: for later hands, if these do not live to see it.
pub const DEADLINE: &str = "ANDON_DEADLINE_MS";

pub struct Step<'a> {
    pub argv: &'a [String],
    pub env: &'a BTreeMap<String, String>,
    /// Relative to where the hands themselves run, which is where the definitions are.
    pub cwd: Option<&'a str>,
    pub key: &'a str,
    pub instance_id: &'a str,
    pub timeout: Duration,
}

pub async fn carry(step: Step<'_>) -> OrderResult {
    let timeout = step.timeout;
    let (leader, mut pipe) = match start(&step) {
        Ok(started) => started,
        Err(error) => return OrderResult::Failed { error },
    };
    let mut output = Output::default();
    let in_time = tokio::select! {
        () = leader.ended() => true,
        // Its output may end before it does.
        () = async { let _ = output.read_all(&mut pipe).await; leader.ended().await } => true,
        () = tokio::time::sleep(timeout) => false,
    };
    if !in_time {
        leader.kill();
        leader.ended().await;
    }
    let status = leader.bury().await;
    let _ = tokio::time::timeout(LAST_WORDS, output.read_all(&mut pipe)).await;
    let said = output.into_text();
    match status {
        _ if !in_time => OrderResult::Unknown {
            why: join(&format!("{} ran longer than {timeout:?} and was killed", step.argv[0]), &said),
        },
        Some(status) if status.success() => OrderResult::Done { detail: join("exit status: 0", &said) },
        Some(status) => OrderResult::Failed { error: join(&status.to_string(), &said) },
        None => OrderResult::Unknown { why: join("how it ended could not be read", &said) },
    }
}

fn join(first: &str, said: &str) -> String {
    format!("{first}\n{said}").trim_end().to_owned()
}

fn start(step: &Step<'_>) -> Result<(Leader, Receiver), String> {
    let (program, arguments) =
        step.argv.split_first().ok_or("argv is empty; its first word is the program")?;
    let told = |error: std::io::Error| format!("{program} cannot be started: {error}");
    let directory = directory(step.cwd)?;
    // One pipe for both, so that the order in which things were said is kept.
    let (reader, writer) = std::io::pipe().map_err(told)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .envs(step.env)
        .env("ANDON_KEY", step.key)
        .env(DEADLINE, (now() + step.timeout).as_ms().to_string())
        .stdin(Stdio::null())
        .stdout(writer.try_clone().map_err(told)?)
        .stderr(writer);
    let leader =
        Leader::start(&mut command, (MARK, format!("{}/{}", step.instance_id, step.key))).map_err(told)?;
    // Our own ends of the pipe go with `command`: else it would never end.
    drop(command);
    Ok((leader, Receiver::from_owned_fd(reader.into()).map_err(told)?))
}

/// Looked at beforehand, since the error of a start does not tell a missing directory from a missing program.
fn directory(cwd: Option<&str>) -> Result<&Path, String> {
    let directory = Path::new(cwd.unwrap_or("."));
    match directory.metadata() {
        Ok(found) if found.is_dir() => Ok(directory),
        Ok(_) => Err(format!("it is to run in {}, which is not a directory", directory.display())),
        Err(error) => {
            Err(format!("it is to run in {}, which cannot be entered: {error}", directory.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(argv: &[&str], timeout: Duration) -> OrderResult {
        run_in(None, argv, timeout).await
    }

    async fn run_in(cwd: Option<&str>, argv: &[&str], timeout: Duration) -> OrderResult {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let env = BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]);
        let step = Step { argv: &argv, env: &env, cwd, key: "run-7-act", instance_id: &instance(), timeout };
        carry(step).await
    }

    /// One test's mark must not be another's: it kills what carries it.
    fn instance() -> String {
        format!("{}-{:?}", std::process::id(), std::thread::current().name())
    }

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn arguments_are_text_and_the_environment_is_what_was_given() {
        let result = run(&["echo", "; rm -rf /", "$HOME `id`"], LONG).await;
        let detail = "exit status: 0\n; rm -rf / $HOME `id`".to_owned();
        assert_eq!(result, OrderResult::Done { detail });
        let OrderResult::Done { detail } = run(&["env"], LONG).await else {
            panic!("env succeeds");
        };
        let names: Vec<&str> =
            detail.lines().skip(1).filter_map(|line| Some(line.split_once('=')?.0)).collect();
        assert!(names.contains(&"GREETING") && names.contains(&"ANDON_KEY"), "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with("CARGO")), "{names:?}");
    }

    #[tokio::test]
    async fn a_bad_end_has_failed_and_a_missing_program_never_started() {
        let result = run(&["ls", "/nowhere-at-all"], LONG).await;
        assert!(
            matches!(&result, OrderResult::Failed { error } if error.contains("/nowhere-at-all")),
            "{result:?}"
        );
        let result = run(&["andon-has-no-such-program"], LONG).await;
        assert!(
            matches!(&result, OrderResult::Failed { error } if error.contains("cannot be started")),
            "{result:?}"
        );
        assert!(matches!(run(&[], LONG).await, OrderResult::Failed { .. }));
    }

    #[tokio::test]
    async fn it_runs_where_it_was_told_to_or_not_at_all() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let there = dir.path().canonicalize().expect("it is there");
        let there = there.to_str().expect("in UTF-8");
        let detail = format!("exit status: 0\n{there}");
        assert_eq!(run_in(Some(there), &["pwd"], LONG).await, OrderResult::Done { detail });
        let OrderResult::Done { detail } = run_in(Some("src"), &["pwd"], LONG).await else {
            panic!("this crate has one");
        };
        assert!(detail.ends_with("/hands/src"), "{detail}");
        for (cwd, says) in [("nowhere", "cannot be entered"), ("Cargo.toml", "not a directory")] {
            let result = run_in(Some(cwd), &["pwd"], LONG).await;
            assert!(
                matches!(&result, OrderResult::Failed { error } if error.contains(cwd) && error.contains(says)),
                "{result:?}"
            );
        }
    }

    #[tokio::test]
    async fn at_the_timeout_the_whole_group_dies() {
        let began = std::time::Instant::now();
        // `timeout` runs sleep as its child; killing only the first would leave the second.
        let result = run(&["env", "timeout", "97", "sleep", "98"], Duration::from_millis(300)).await;
        assert!(matches!(&result, OrderResult::Unknown { why } if why.contains("was killed")), "{result:?}");
        assert!(began.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(50)).await;
        let instance = instance();
        assert!(crate::proc::marked(MARK, |mark| mark.starts_with(&instance)).is_empty());
    }

    #[tokio::test]
    async fn a_flood_of_output_is_drained_and_bounded() {
        let result = run(&["head", "-c", "200000000", "/dev/zero"], LONG).await;
        let OrderResult::Done { detail } = result else {
            panic!("head ends well: {result:?}");
        };
        assert!(detail.len() < crate::output::KEPT_BYTES_MAX + 200, "{}", detail.len());
        assert!(detail.contains("are left out"));
        let result = run(&["yes"], Duration::from_millis(200)).await;
        assert!(matches!(&result, OrderResult::Unknown { why } if why.len() < 70_000));
    }
}
