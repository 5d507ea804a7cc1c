//! From pieces to nodes; every name is known afterwards.

mod defined;
mod names;

use std::collections::BTreeMap;
use std::ops::Range;

use super::lex::{Piece, Spanned, Token, error, pieces};
use super::node::{Bound, Command, Node, Operand, Pipeline};
use super::{Dialect, Template, TemplateError};

/// Real texts nest two or three deep.
const NESTING_MAX: usize = 32;

pub(super) fn parse(text: &str, dialect: Dialect) -> Result<Template, TemplateError> {
    let mut parser = Parser {
        pieces: pieces(text)?.into_iter().collect::<Vec<_>>().into_iter(),
        dialect,
        variables: names::given(dialect),
        depth: 0,
        is_root: true,
        is_outermost: true,
        loops: 0,
        defined: BTreeMap::new(),
        wanted: Vec::new(),
        labels: Vec::new(),
        is_exacting: false,
    };
    let (nodes, end) = parser.body()?;
    if let Some((word, span)) = end {
        return Err(error(format!("`{word}` closes nothing"), span));
    }
    if dialect == Dialect::Rule {
        parser.are_defined()?;
    }
    let Parser { defined, wanted, labels, is_exacting, .. } = parser;
    Ok(Template { nodes, defined, wanted, labels, is_exacting })
}

struct Parser<'a> {
    pieces: std::vec::IntoIter<Piece<'a>>,
    dialect: Dialect,
    variables: Vec<String>,
    depth: usize,
    /// Whether the dot is what the rule gives: `.Labels` and `.Value`.
    is_root: bool,
    /// Whether this is the text itself, whose `$` is what the rule gives, and no `define` in it.
    is_outermost: bool,
    loops: usize,
    defined: BTreeMap<String, Vec<Node>>,
    /// The names that `template` puts in, and where.
    wanted: Vec<(String, Range<usize>)>,
    labels: Vec<String>,
    is_exacting: bool,
}

/// `end`, or `else` with what follows it.
enum Closing {
    End,
    Else(Action),
}

struct Action {
    tokens: std::iter::Peekable<std::vec::IntoIter<Spanned>>,
    span: Range<usize>,
}

/// How a block ended, and where.
type Closed = (Closing, Range<usize>);

type Ended = Option<(&'static str, Range<usize>)>;

impl<'a> Parser<'a> {
    /// Until the text ends.
    fn body(&mut self) -> Result<(Vec<Node>, Ended), TemplateError> {
        let (nodes, closing) = self.block()?;
        Ok((
            nodes,
            closing.map(|(closing, span)| match closing {
                Closing::End => ("end", span),
                Closing::Else(_) => ("else", span),
            }),
        ))
    }

    /// Until an `end` or `else`, or the end of the text.
    fn block(&mut self) -> Result<(Vec<Node>, Option<Closed>), TemplateError> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (tokens, span) = match piece {
                Piece::Literal(text) => {
                    if !text.is_empty() {
                        nodes.push(Node::Literal(text.to_owned()));
                    }
                    continue;
                }
                Piece::Action { tokens, span } => (tokens, span),
            };
            let mut action = Action { tokens: tokens.into_iter().peekable(), span: span.clone() };
            let word = match action.tokens.peek() {
                Some(Spanned { token: Token::Word(word), .. }) => word.clone(),
                _ => String::new(),
            };
            match word.as_str() {
                "end" => {
                    action.tokens.next();
                    action.finish()?;
                    return Ok((nodes, Some((Closing::End, span))));
                }
                "else" => {
                    action.tokens.next();
                    return Ok((nodes, Some((Closing::Else(action), span))));
                }
                "if" | "with" | "range" => {
                    action.tokens.next();
                    nodes.push(self.control(&word, action)?);
                }
                "break" | "continue" => {
                    action.tokens.next();
                    action.finish()?;
                    if self.loops == 0 {
                        return Err(error(format!("`{word}` stands in no range"), span));
                    }
                    nodes.push(if word == "break" { Node::Break } else { Node::Continue });
                }
                "define" => {
                    action.tokens.next();
                    self.define(action)?;
                }
                "block" => {
                    action.tokens.next();
                    nodes.push(self.default(action)?);
                }
                "template" => {
                    action.tokens.next();
                    nodes.push(self.template(action)?);
                }
                _ => nodes.push(self.simple(action)?),
            }
        }
        Ok((nodes, None))
    }

    /// `if`, `with` and `range`, down to their `end`.
    fn control(&mut self, word: &str, mut action: Action) -> Result<Node, TemplateError> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(error(format!("more than {NESTING_MAX} blocks inside each other"), action.span));
        }
        let span = action.span.clone();
        let names = self.variables.len();
        let was_root = self.is_root;
        let declared = action.declared(word == "range")?;
        let pipeline = self.pipeline(&mut action)?;
        action.finish()?;
        self.variables.extend(declared.iter().cloned());
        if word != "if" {
            self.is_root = false;
        }
        self.loops += usize::from(word == "range");
        let (then, closing) = self.block()?;
        self.loops -= usize::from(word == "range");
        self.is_root = was_root;
        let otherwise = match closing {
            None => return Err(error(format!("this `{word}` has no `{{{{ end }}}}`"), span)),
            Some((Closing::End, _)) => Vec::new(),
            Some((Closing::Else(action), at)) => self.otherwise(word, action, at)?,
        };
        self.variables.truncate(names);
        self.depth -= 1;
        let mut declared = declared.into_iter();
        Ok(match word {
            "range" => {
                let (first, second) = (declared.next(), declared.next());
                let (key, value) = if second.is_some() { (first, second) } else { (None, first) };
                Node::Range { key, value, over: pipeline, body: then, otherwise }
            }
            "with" => {
                let subject = Bound { name: declared.next(), pipeline };
                Node::With { subject, then, otherwise }
            }
            _ => {
                let condition = Bound { name: declared.next(), pipeline };
                Node::If { condition, then, otherwise }
            }
        })
    }

    fn otherwise(
        &mut self,
        word: &str,
        mut action: Action,
        at: Range<usize>,
    ) -> Result<Vec<Node>, TemplateError> {
        match action.tokens.next().map(|spanned| spanned.token) {
            Some(Token::Word(next)) if next == word && word != "range" => {
                Ok(vec![self.control(&next, action)?])
            }
            Some(_) => Err(error("`else` is followed by nothing here that it can be followed by", at)),
            None => {
                let (nodes, closing) = self.block()?;
                match closing {
                    Some((Closing::End, _)) => Ok(nodes),
                    Some((Closing::Else(_), at)) => Err(error("a second `else`", at)),
                    None => Err(error("this `else` has no `{{ end }}`", at)),
                }
            }
        }
    }

    /// A value to print, or a variable's.
    fn simple(&mut self, mut action: Action) -> Result<Node, TemplateError> {
        let named = match action.tokens.peek() {
            Some(Spanned { token: Token::Variable(name), .. }) => Some(name.clone()),
            _ => None,
        };
        let mut ahead = action.tokens.clone();
        ahead.next();
        let is = ahead.next().map(|spanned| spanned.token);
        if let (Some(name), Some(is @ (Token::Declare | Token::Assign))) = (named, is) {
            action.tokens.next();
            action.tokens.next();
            let pipeline = self.pipeline(&mut action)?;
            action.finish()?;
            if is == Token::Declare {
                self.variables.push(name.clone());
                return Ok(Node::Declare(name, pipeline));
            }
            self.known(&name, &action.span)?;
            return Ok(Node::Assign(name, pipeline));
        }
        let pipeline = self.pipeline(&mut action)?;
        action.finish()?;
        Ok(Node::Print(pipeline))
    }

    fn pipeline(&mut self, action: &mut Action) -> Result<Pipeline, TemplateError> {
        let mut commands = vec![self.command(action, false)?];
        while action.tokens.next_if(|spanned| spanned.token == Token::Pipe).is_some() {
            commands.push(self.command(action, true)?);
        }
        Ok(Pipeline(commands))
    }

    fn command(&mut self, action: &mut Action, is_piped: bool) -> Result<Command, TemplateError> {
        let Some(first) = self.operand(action)? else {
            return Err(error("a value is missing here", action.span.clone()));
        };
        let mut args = Vec::new();
        while let Some(arg) = self.operand(action)? {
            // As an argument, a function is given nothing.
            if let Operand::Call(function) = &arg
                && let Some(wants) = function.wants(0)
            {
                let message = format!("`{}` takes {wants}, not 0: put it into parentheses", function.name());
                return Err(error(message, action.span.clone()));
            }
            args.push(arg);
        }
        match first {
            Operand::Call(function) => {
                let given = args.len() + usize::from(is_piped);
                if let Some(wants) = function.wants(given) {
                    let message = format!("`{}` takes {wants}, not {given}", function.name());
                    return Err(error(message, action.span.clone()));
                }
                Ok(Command::Call(function, args))
            }
            first if args.is_empty() && !is_piped => Ok(Command::Value(first)),
            first => match first.split() {
                Some((of, method)) => Ok(Command::Method(of, method, args)),
                None => Err(error("a value that is no function is given arguments", action.span.clone())),
            },
        }
    }

    /// None at the end of a command.
    fn operand(&mut self, action: &mut Action) -> Result<Option<Operand>, TemplateError> {
        let ends = |spanned: &Spanned| matches!(spanned.token, Token::Pipe | Token::Close);
        let Some(Spanned { token, span, .. }) = action.tokens.next_if(|spanned| !ends(spanned)) else {
            return Ok(None);
        };
        Ok(Some(match token {
            Token::Text(text) => Operand::Text(text),
            Token::Int(whole) => Operand::Int(whole),
            Token::Float(float) => Operand::Float(float),
            Token::Dot => Operand::Dot(action.fields()),
            Token::Field(first) => {
                let fields: Vec<String> = [first].into_iter().chain(action.fields()).collect();
                if self.is_root {
                    self.root(&fields, &span)?;
                }
                Operand::Dot(fields)
            }
            Token::Variable(name) => {
                self.known(&name, &span)?;
                let fields = action.fields();
                let given = if self.dialect == Dialect::Rule { name.as_str() } else { "" };
                match (given, fields.as_slice()) {
                    _ if given != name => {}
                    ("labels", [label]) => self.labels.push(label.clone()),
                    // All of them are named, whatever they are called.
                    ("labels", []) => self.is_exacting = true,
                    ("value", [_, ..]) => return Err(error("`$value` is a number and has no fields", span)),
                    ("", [_, ..]) if self.is_outermost => self.root(&fields, &span)?,
                    _ => {}
                }
                Operand::Variable(name, fields)
            }
            Token::Word(word) => match word.as_str() {
                "true" | "false" => Operand::Bool(word == "true"),
                "nil" => Operand::Nil,
                _ => {
                    let function = self.function(&word, span.clone())?;
                    match action.fields() {
                        fields if fields.is_empty() => Operand::Call(function),
                        // `now.Unix`: of what the function gives.
                        fields if function.wants(0).is_none() => {
                            let call = Pipeline(vec![Command::Call(function, Vec::new())]);
                            Operand::Group(Box::new(call), fields)
                        }
                        _ => return Err(error(format!("`{word}` is given nothing here"), span)),
                    }
                }
            },
            Token::Open => {
                self.depth += 1;
                if self.depth > NESTING_MAX {
                    return Err(error("parentheses that deep inside each other", span));
                }
                let inner = self.pipeline(action)?;
                self.depth -= 1;
                if action.tokens.next_if(|spanned| spanned.token == Token::Close).is_none() {
                    return Err(error("this parenthesis is never closed", span));
                }
                Operand::Group(Box::new(inner), action.fields())
            }
            Token::Pipe | Token::Close => unreachable!("these end a command"),
            Token::Declare | Token::Assign | Token::Comma => {
                return Err(error("this does not belong here", span));
            }
        }))
    }
}

impl Action {
    /// The names before a `:=`, one, or two for a range.
    fn declared(&mut self, is_range: bool) -> Result<Vec<String>, TemplateError> {
        let mut ahead = self.tokens.clone();
        let mut names = Vec::new();
        while let Some(Spanned { token: Token::Variable(name), .. }) = ahead.next() {
            names.push(name);
            match ahead.next().map(|spanned| spanned.token) {
                Some(Token::Comma) if is_range && names.len() == 1 => {}
                Some(Token::Declare) => {
                    self.tokens = ahead;
                    return Ok(names);
                }
                _ => break,
            }
        }
        Ok(Vec::new())
    }

    /// The fields that follow without a space.
    fn fields(&mut self) -> Vec<String> {
        let mut fields = Vec::new();
        let follows = |spanned: &Spanned| !spanned.apart && matches!(spanned.token, Token::Field(_));
        while let Some(Spanned { token: Token::Field(field), .. }) = self.tokens.next_if(follows) {
            fields.push(field);
        }
        fields
    }

    fn finish(&mut self) -> Result<(), TemplateError> {
        match self.tokens.next() {
            None => Ok(()),
            Some(spanned) => Err(error("this does not belong here", spanned.span)),
        }
    }
}
