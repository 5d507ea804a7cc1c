//! Findings as a compiler prints them.

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity, SourceFile};

/// The findings with their excerpts, one after another. Colour is asked for, never guessed.
pub fn render(diagnostics: &[Diagnostic], files: &[SourceFile], colour: bool) -> String {
    let texts: BTreeMap<&str, &str> =
        files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut rendered = String::new();
    for diagnostic in diagnostics {
        rendered.push_str(&renderer.render(&[group(diagnostic, &texts)]));
        rendered.push_str("\n\n");
    }
    rendered
}

fn group<'a>(diagnostic: &'a Diagnostic, texts: &BTreeMap<&'a str, &'a str>) -> annotate_snippets::Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let text = |file: &str| texts.get(file).copied().unwrap_or("");
    let mut main = Snippet::source(text(&diagnostic.file))
        .path(&diagnostic.file)
        .annotation(AnnotationKind::Primary.span(diagnostic.span.clone()));
    let mut other = None;
    if let Some(related) = &diagnostic.related {
        let note = AnnotationKind::Context.span(related.span.clone()).label(&related.message);
        if related.file == diagnostic.file {
            main = main.annotation(note);
        } else {
            other = Some(Snippet::source(text(&related.file)).path(&related.file).annotation(note));
        }
    }
    let mut group = level.primary_title(&diagnostic.message).id(&diagnostic.code).element(main);
    if let Some(other) = other {
        group = group.element(other);
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.message(hint));
    }
    group
}
