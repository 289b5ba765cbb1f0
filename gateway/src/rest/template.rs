//! Path templates of `google.api.http`: `/v1/{goal.name=goals/*}:publish`.

use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Exactly this word.
    Literal(Box<str>),
    /// `*`: any one segment that is not empty.
    One,
    /// `**`: any number of segments, none included; only at the end.
    Rest,
}

/// A request field that takes its value from a stretch of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    /// The field, dotted when nested: `goal.name`.
    pub(crate) field: Box<str>,
    /// The first segment of the stretch.
    pub(crate) first: usize,
    /// One past its last segment.
    pub(crate) end: usize,
}

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// The steps.
    pub(crate) segments: Vec<Segment>,
    /// The variables, in the order of the path.
    pub(crate) variables: Vec<Variable>,
    /// What follows the last colon: `publish`.
    pub(crate) verb: Option<Box<str>>,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// A sentence about what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix('/').ok_or("a path template begins with a slash")?;
        let mut parser =
            Parser { rest, template: Self { segments: Vec::new(), variables: Vec::new(), verb: None } };
        parser.segments(false)?;
        if let Some(verb) = parser.rest.strip_prefix(':') {
            if verb.is_empty() || verb.contains(['/', '{', '}', ':', '*']) {
                return Err(format!("{verb:?} is no verb"));
            }
            parser.template.verb = Some(verb.into());
            parser.rest = "";
        }
        if !parser.rest.is_empty() {
            return Err(format!("{:?} is left over", parser.rest));
        }
        let template = parser.template;
        let inner = template.segments.len().saturating_sub(1);
        if template.segments[..inner].contains(&Segment::Rest) {
            return Err("** is only possible at the end".to_owned());
        }
        Ok(template)
    }
}

struct Parser<'a> {
    rest: &'a str,
    template: Template,
}

impl Parser<'_> {
    /// Segments up to the end, a verb's colon, or the closing brace of the variable that they are in.
    fn segments(&mut self, in_variable: bool) -> Result<(), String> {
        loop {
            self.segment(in_variable)?;
            match self.rest.strip_prefix('/') {
                Some(rest) => self.rest = rest,
                None => return Ok(()),
            }
        }
    }

    fn segment(&mut self, in_variable: bool) -> Result<(), String> {
        if let Some(rest) = self.rest.strip_prefix('{') {
            if in_variable {
                return Err("a variable can't contain a variable".to_owned());
            }
            self.rest = rest;
            return self.variable();
        }
        let end = self.rest.find(['/', ':', '{', '}', '=']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.template.segments.push(match word {
            "" => return Err("a segment is empty".to_owned()),
            "*" => Segment::One,
            "**" => Segment::Rest,
            word if word.contains('*') => return Err(format!("{word:?} mixes a word and a wildcard")),
            word => Segment::Literal(word.into()),
        });
        Ok(())
    }

    fn variable(&mut self) -> Result<(), String> {
        let end = self.rest.find(['=', '}']).ok_or("a brace is not closed")?;
        let (field, rest) = self.rest.split_at(end);
        if field.is_empty() || field.split('.').any(str::is_empty) {
            return Err(format!("{field:?} is no field path"));
        }
        let first = self.template.segments.len();
        if let Some(rest) = rest.strip_prefix('=') {
            self.rest = rest;
            self.segments(true)?;
        } else {
            self.rest = rest;
            self.template.segments.push(Segment::One);
        }
        self.rest = self.rest.strip_prefix('}').ok_or("a brace is not closed")?;
        let end = self.template.segments.len();
        self.template.variables.push(Variable { field: field.into(), first, end });
        Ok(())
    }
}

/// The path without field names: `/v1/goals/*:publish`. Two templates that show the same match the same paths.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            match segment {
                Segment::Literal(word) => write!(f, "/{word}")?,
                Segment::One => f.write_str("/*")?,
                Segment::Rest => f.write_str("/**")?,
            }
        }
        self.verb.as_deref().map_or(Ok(()), |verb| write!(f, ":{verb}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(template: &Template) -> Vec<(&str, usize, usize)> {
        template.variables.iter().map(|v| (&*v.field, v.first, v.end)).collect()
    }

    #[test]
    fn templates_parse_into_segments_variables_and_verb() {
        let table = [
            ("/v1/goals", "/v1/goals", vec![]),
            ("/v1/{name=goals/*}", "/v1/goals/*", vec![("name", 1, 3)]),
            ("/v1/{goal.name=goals/*}", "/v1/goals/*", vec![("goal.name", 1, 3)]),
            ("/v1/{name=goals/*/checkIns/*}", "/v1/goals/*/checkIns/*", vec![("name", 1, 5)]),
            ("/v1/{parent=goals/*}/checkIns", "/v1/goals/*/checkIns", vec![("parent", 1, 3)]),
            ("/v1/{name=goals/*}:publish", "/v1/goals/*:publish", vec![("name", 1, 3)]),
            ("/v1/audience:resolve", "/v1/audience:resolve", vec![]),
            ("/v1/{unit}/people/{person}", "/v1/*/people/*", vec![("unit", 1, 2), ("person", 3, 4)]),
            ("/v1/files/{path=**}", "/v1/files/**", vec![("path", 2, 3)]),
        ];
        for (text, shown, variables) in table {
            let template = Template::parse(text).unwrap();
            assert_eq!(template.to_string(), shown, "{text}");
            assert_eq!(fields(&template), variables, "{text}");
        }
    }

    #[test]
    fn broken_templates_are_refused() {
        for text in [
            "v1/goals",
            "/v1//goals",
            "/v1/goals/",
            "/v1/{name",
            "/v1/{name=goals/*",
            "/v1/{}",
            "/v1/{a..b}",
            "/v1/{a={b}}",
            "/v1/go*als",
            "/v1/**/goals",
            "/v1/goals:",
            "/v1/goals:a/b",
            "/v1/goals}",
        ] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }
}
