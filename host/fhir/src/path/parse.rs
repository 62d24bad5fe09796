//! From text to tree, by the precedence of FHIRPath.
//!
//! Invariant: the tree has at most `TOKENS_MAX` nodes and brackets nest at most `NESTED_MAX` deep, so neither compiling
//! nor evaluating can exhaust the stack.

use regex::RegexBuilder;

use super::function::{self, Function};
use super::operator::{LEVELS, Operator, TYPE_LEVEL};
use super::syntax::{Literal, Node, SystemType, TypeName};
use super::token::{Placed, Token, tokens};
use super::{Constant, PathError};
use crate::structure;

const BYTES_MAX: usize = 16 * 1024;
const TOKENS_MAX: usize = 1024;
const NESTED_MAX: usize = 48;
/// How large a pattern may become when it is compiled. Matching takes time in proportion to the text, whatever it is.
const PATTERN_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Compiles a whole text.
pub(super) fn expression(text: &str, constants: &[(String, Constant)]) -> Result<Node, PathError> {
    let error = |problem: &str, at| PathError {
        problem: problem.to_owned(),
        at,
        text: text.to_owned(),
    };
    if text.len() > BYTES_MAX {
        return Err(error("a path that is too long", 1));
    }
    let tokens = tokens(text)?;
    if let Some((_, at)) = tokens.get(TOKENS_MAX) {
        return Err(error("a path that is too long", *at));
    }
    let mut parser = Parser {
        text,
        tokens: &tokens,
        constants,
        at: 0,
        nested: 0,
    };
    let node = parser.binary(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(node),
        Some((_, at)) => Err(error("something that does not continue the path", *at)),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Placed],
    constants: &'t [(String, Constant)],
    at: usize,
    nested: usize,
}

impl Parser<'_> {
    fn error(&self, problem: impl Into<String>) -> PathError {
        let end = self.text.chars().count() + 1;
        let at = self.tokens.get(self.at).map_or(end, |(_, at)| *at);
        PathError {
            problem: problem.into(),
            at,
            text: self.text.to_owned(),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, symbol: &'static str) -> bool {
        let found = self.peek() == Some(&Token::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), PathError> {
        if self.takes(symbol) {
            Ok(())
        } else {
            Err(self.error(format!("expected `{symbol}`")))
        }
    }

    /// An expression in brackets.
    fn inner(&mut self) -> Result<Node, PathError> {
        self.nested += 1;
        if self.nested > NESTED_MAX {
            return Err(self.error("brackets that nest too deep"));
        }
        let node = self.binary(0)?;
        self.nested -= 1;
        Ok(node)
    }

    fn binary(&mut self, level: usize) -> Result<Node, PathError> {
        let mut left = self.operand(level)?;
        while let Some(operator) = self.operator(level) {
            self.at += 1;
            left = match operator {
                Some(operator) => {
                    Node::Binary(operator, Box::new(left), Box::new(self.operand(level)?))
                }
                None => self.of_type(left)?,
            };
        }
        Ok(left)
    }

    fn operand(&mut self, level: usize) -> Result<Node, PathError> {
        if level + 1 < LEVELS.len() {
            self.binary(level + 1)
        } else {
            self.unary()
        }
    }

    /// The operator of this level that comes next; inner None for `is` and `as`.
    fn operator(&self, level: usize) -> Option<Option<Operator>> {
        let word = match self.peek()? {
            Token::Name(name) => name.as_str(),
            Token::Symbol(symbol) => symbol,
            Token::Quoted(_) | Token::Text(_) | Token::Integer(_) | Token::Decimal(_) => {
                return None;
            }
            Token::Dollar(_) | Token::Percent(_) | Token::Moment(..) => return None,
        };
        if level == TYPE_LEVEL {
            return matches!(word, "is" | "as").then_some(None);
        }
        LEVELS
            .get(level)?
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, operator)| Some(*operator))
    }

    /// After `is` or `as`.
    fn of_type(&mut self, left: Node) -> Result<Node, PathError> {
        let is =
            matches!(self.tokens.get(self.at - 1), Some((Token::Name(word), _)) if word == "is");
        let name = self.type_name()?;
        Ok(if is {
            Node::Is(Box::new(left), name)
        } else {
            Node::OfType(Box::new(left), name)
        })
    }

    fn unary(&mut self) -> Result<Node, PathError> {
        let mut negative = None;
        while let Some(Token::Symbol(sign @ ("-" | "+"))) = self.peek() {
            negative = Some(negative.unwrap_or(false) != (*sign == "-"));
            self.at += 1;
        }
        let node = self.steps()?;
        Ok(if negative == Some(true) {
            Node::Negated(Box::new(node))
        } else {
            node
        })
    }

    fn steps(&mut self) -> Result<Node, PathError> {
        let mut node = self.first()?;
        loop {
            if self.takes(".") {
                node = match self.next() {
                    Some(Token::Name(name)) if self.peek() == Some(&Token::Symbol("(")) => {
                        self.call(node, &name)?
                    }
                    Some(Token::Name(name) | Token::Quoted(name)) => {
                        Node::Member(Box::new(node), name.into())
                    }
                    Some(_) | None => {
                        self.at -= 1;
                        return Err(self.error("expected a name after `.`"));
                    }
                };
            } else if self.takes("[") {
                let index = self.inner()?;
                self.expect("]")?;
                node = Node::At(Box::new(node), Box::new(index));
            } else {
                return Ok(node);
            }
        }
    }

    fn first(&mut self) -> Result<Node, PathError> {
        let Some(token) = self.next() else {
            self.at -= 1;
            return Err(self.error("the path ends too early"));
        };
        match token {
            Token::Text(text) => Ok(Node::Literal(Literal::Text(text.into()))),
            Token::Integer(_) | Token::Decimal(_)
                if matches!(self.peek(), Some(Token::Text(_))) =>
            {
                Err(self.error("quantities written in a path are not done here"))
            }
            Token::Integer(number) => Ok(Node::Literal(Literal::Integer(number))),
            Token::Decimal(number) => Ok(Node::Literal(Literal::Decimal(number))),
            Token::Symbol("(") => {
                let inner = self.inner()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Symbol("{") => {
                self.expect("}")?;
                Ok(Node::Nothing)
            }
            Token::Dollar(name) if name == "this" => Ok(Node::This),
            Token::Dollar(name) if name == "index" => Ok(Node::Position),
            Token::Moment(text, form) => Ok(Node::Literal(Literal::Moment(text.into(), form))),
            Token::Percent(name) => match self.constant(&name) {
                Some(node) => Ok(node),
                None => {
                    self.at -= 1;
                    Err(self.error(format!("`%{name}` is not known here")))
                }
            },
            Token::Name(name) if name == "true" => Ok(Node::Literal(Literal::Boolean(true))),
            Token::Name(name) if name == "false" => Ok(Node::Literal(Literal::Boolean(false))),
            Token::Name(name) if self.peek() == Some(&Token::Symbol("(")) => {
                self.call(Node::This, &name)
            }
            Token::Name(name) => {
                let starts_at_type = name.starts_with(|c: char| c.is_ascii_uppercase());
                match structure::named(&name).filter(|_| starts_at_type) {
                    Some(kind) => Ok(Node::Start(kind)),
                    None => Ok(Node::Member(Box::new(Node::This), name.into())),
                }
            }
            Token::Quoted(name) => Ok(Node::Member(Box::new(Node::This), name.into())),
            Token::Dollar(_) | Token::Symbol(_) => {
                self.at -= 1;
                Err(self.error("expected a name, a value or `(`"))
            }
        }
    }

    /// What `%name` stands for: a value that was given, or one that every path has.
    fn constant(&self, name: &str) -> Option<Node> {
        let given = self.constants.iter().find(|(known, _)| known == name);
        match given {
            Some((_, Constant(literal))) => Some(Node::Literal(literal.clone())),
            None => constant(name),
        }
    }

    /// After the name of a function.
    fn call(&mut self, input: Node, name: &str) -> Result<Node, PathError> {
        if matches!(name, "as" | "ofType" | "is") {
            self.expect("(")?;
            let kind = self.type_name()?;
            self.expect(")")?;
            return Ok(match name {
                "is" => Node::Is(Box::new(input), kind),
                _ => Node::OfType(Box::new(input), kind),
            });
        }
        if name == "getReferenceKey" {
            self.expect("(")?;
            let kind = match self.takes(")") {
                true => None,
                false => {
                    let kind = self.type_name()?;
                    self.expect(")")?;
                    Some(kind)
                }
            };
            return Ok(Node::ReferenceKey(Box::new(input), kind));
        }
        if matches!(name, "matches" | "replaceMatches") {
            return self.pattern(input, name);
        }
        self.at -= 1;
        let function: Function = function::named(name)
            .ok_or_else(|| self.error(format!("`{name}()` is not done here")))?;
        self.at += 1;
        self.expect("(")?;
        let mut arguments = Vec::new();
        if !self.takes(")") {
            loop {
                arguments.push(self.inner()?);
                if self.takes(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        let (least, most) = function.arguments();
        if !(least..=most).contains(&arguments.len()) {
            return Err(self.error(format!(
                "`{name}()` was given {} arguments",
                arguments.len()
            )));
        }
        Ok(Node::Call(Box::new(input), function, arguments))
    }

    /// After `matches` or `replaceMatches`. The pattern is compiled here, once, so it has to be written out.
    fn pattern(&mut self, input: Node, name: &str) -> Result<Node, PathError> {
        self.expect("(")?;
        let Some(Token::Text(text)) = self.next() else {
            self.at -= 1;
            return Err(self.error(format!("`{name}()` takes a pattern in quotes")));
        };
        let pattern = RegexBuilder::new(&text)
            .size_limit(PATTERN_BYTES_MAX)
            .dot_matches_new_line(true)
            .build()
            .map_err(|_| {
                self.at -= 1;
                self.error("a pattern that is malformed or too large")
            })?;
        let replacement = if name == "replaceMatches" {
            self.expect(",")?;
            Some(Box::new(self.inner()?))
        } else {
            None
        };
        self.expect(")")?;
        Ok(Node::Matches(Box::new(input), pattern, replacement))
    }

    fn type_name(&mut self) -> Result<TypeName, PathError> {
        let mut words = vec![self.name()?];
        while self.takes(".") {
            words.push(self.name()?);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let found = match words.as_slice() {
            ["System", name] => system_type(name).map(TypeName::System),
            ["FHIR", name] => structure::named(name).map(TypeName::Fhir),
            [name] => structure::named(name)
                .map(TypeName::Fhir)
                .or_else(|| system_type(name).map(TypeName::System)),
            _ => None,
        };
        found.ok_or_else(|| {
            self.at -= 1;
            self.error(format!("`{}` is not a type", words.join(".")))
        })
    }

    fn name(&mut self) -> Result<String, PathError> {
        match self.next() {
            Some(Token::Name(name) | Token::Quoted(name)) => Ok(name),
            Some(_) | None => {
                self.at -= 1;
                Err(self.error("expected the name of a type"))
            }
        }
    }
}

fn constant(name: &str) -> Option<Node> {
    let url = match name {
        "resource" => return Some(Node::Resource),
        "rootResource" => return Some(Node::RootResource),
        "context" => return Some(Node::Context),
        "rowIndex" => return Some(Node::Row),
        "ucum" => "http://unitsofmeasure.org",
        "sct" => "http://snomed.info/sct",
        "loinc" => "http://loinc.org",
        _ => return None,
    };
    Some(Node::Literal(Literal::Text(url.into())))
}

fn system_type(name: &str) -> Option<SystemType> {
    Some(match name {
        "Boolean" => SystemType::Boolean,
        "Integer" => SystemType::Integer,
        "Decimal" => SystemType::Decimal,
        "String" => SystemType::String,
        "Date" => SystemType::Date,
        "DateTime" => SystemType::DateTime,
        "Time" => SystemType::Time,
        _ => return None,
    })
}
