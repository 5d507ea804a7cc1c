//! Tables of many rows: a head, and a frame that scrolls by itself, by keys too.

use maud::{Markup, html};

/// How rows are on a narrow screen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// As on a wide one.
    Plain,
    /// Each a small card of its own.
    Stacked,
    /// The same; on a wide one the columns keep their widths whatever they hold.
    Even,
}

/// What stands above a column.
#[derive(Clone, Copy)]
pub enum Head<'a> {
    Text(&'a str),
    /// Its figures stand right.
    Number(&'a str),
    /// Nothing to see: what can be done about a row.
    Actions,
}

/// `label` is what it is called where it is read aloud.
pub fn listing(label: &str, rows: Rows, heads: &[Head], content: Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table.stack[rows != Rows::Plain].even[rows == Rows::Even] {
                thead { tr { @for head in heads { @match head {
                    Head::Text(text) => th { (text) },
                    Head::Number(text) => th.num { (text) },
                    Head::Actions => th { span.hidden { "Actions" } },
                } } } }
                tbody { (content) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Head::{Actions, Number, Text};
    use super::*;

    #[test]
    fn what_it_is_called_and_holds_is_text() {
        let shown = listing("a <b>", Rows::Even, &[Text("x"), Number("<i>"), Actions], html! { tr {} });
        let frame = r#"<div class="scroll" tabindex="0" role="region" aria-label="a &lt;b&gt;">"#;
        let table = r#"<table class="stack even"><thead><tr><th>x</th><th class="num">&lt;i&gt;</th>"#;
        let rest = r#"<th><span class="hidden">Actions</span></th></tr></thead><tbody><tr></tr></tbody></table></div>"#;
        assert_eq!(shown.into_string(), format!("{frame}{table}{rest}"));
    }
}
