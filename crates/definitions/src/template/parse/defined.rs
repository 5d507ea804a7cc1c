//! `define`, `block` and `template`: parts of a text that have names.

use super::{Action, Closing, NESTING_MAX, Parser};
use crate::suggest;
use crate::template::TemplateError;
use crate::template::lex::{Token, error};
use crate::template::node::{Node, is_blank};

impl Parser<'_> {
    pub(super) fn define(&mut self, mut action: Action) -> Result<(), TemplateError> {
        if self.depth > 0 || !self.is_outermost {
            return Err(error("a `define` stands in no other block", action.span));
        }
        let name = action.name()?;
        action.finish()?;
        self.body_of(name, action)
    }

    /// Defines a template and puts it in at once.
    pub(super) fn default(&mut self, mut action: Action) -> Result<Node, TemplateError> {
        let name = action.name()?;
        let pipeline = self.pipeline(&mut action)?;
        action.finish()?;
        self.body_of(name.clone(), action)?;
        Ok(Node::Template(name, Some(pipeline)))
    }

    pub(super) fn template(&mut self, mut action: Action) -> Result<Node, TemplateError> {
        let name = action.name()?;
        let pipeline = match action.tokens.peek() {
            Some(_) => Some(self.pipeline(&mut action)?),
            None => None,
        };
        let span = action.span.clone();
        action.finish()?;
        self.wanted.push((name.clone(), span));
        // It may name any label of what it is given.
        self.is_exacting = true;
        Ok(Node::Template(name, pipeline))
    }

    /// Down to its `end`. Inside there is what it is given, and nothing of what stands around it.
    fn body_of(&mut self, name: String, action: Action) -> Result<(), TemplateError> {
        self.is_exacting = true;
        self.depth += 1;
        if self.depth > NESTING_MAX {
            let message = format!("more than {NESTING_MAX} blocks inside each other");
            return Err(error(message, action.span));
        }
        let variables = std::mem::replace(&mut self.variables, vec![String::new()]);
        let outer = (self.is_root, self.is_outermost, self.loops);
        (self.is_root, self.is_outermost, self.loops) = (false, false, 0);
        let (nodes, closing) = self.block()?;
        (self.is_root, self.is_outermost, self.loops) = outer;
        self.variables = variables;
        self.depth -= 1;
        match closing {
            Some((Closing::End, _)) => {}
            Some((Closing::Else(_), at)) => return Err(error("`else` closes nothing", at)),
            None => return Err(error(format!("this `{name}` has no `{{{{ end }}}}`"), action.span)),
        }
        match self.defined.get(&name) {
            // Of two, one that says nothing does not count.
            Some(_) if is_blank(&nodes) => {}
            Some(first) if !is_blank(first) => {
                return Err(error(format!("a template is called `{name}` already"), action.span));
            }
            _ => {
                self.defined.insert(name, nodes);
            }
        }
        Ok(())
    }

    /// Every name that is put in must be defined, before or behind.
    pub(super) fn are_defined(&self) -> Result<(), TemplateError> {
        match self.wanted.iter().find(|(name, _)| !self.defined.contains_key(name)) {
            None => Ok(()),
            Some((name, span)) => Err(TemplateError {
                message: format!("no template is called `{name}` in this text"),
                range: span.clone(),
                hint: suggest::hint(name, self.defined.keys().map(String::as_str)),
            }),
        }
    }
}

impl Action {
    fn name(&mut self) -> Result<String, TemplateError> {
        match self.tokens.next().map(|spanned| spanned.token) {
            Some(Token::Text(name)) => Ok(name),
            _ => Err(error("a template is called by a text, such as \"name\"", self.span.clone())),
        }
    }
}
