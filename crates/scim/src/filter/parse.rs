//! The grammar. `not` binds tighter than `and`, `and` tighter than `or`.

use super::{DEEPEST, Fault, Filter, LONGEST, MOST_TERMS, Operator};
use crate::name::AttributePath;
use crate::scan::Scanner;

struct Parser<'s, 'a> {
    scanner: &'s mut Scanner<'a>,
    depth: usize,
    terms: usize,
    /// Inside brackets, where RFC 7644 allows no further brackets.
    in_element: bool,
}

pub(super) fn filter(text: &str) -> Result<Filter, Fault> {
    let mut scanner = Scanner::new(text);
    if text.len() > LONGEST {
        return Err(scanner.fault("this filter is too long"));
    }
    let mut parser = Parser { scanner: &mut scanner, depth: 0, terms: 0, in_element: false };
    let filter = parser.or()?;
    if parser.scanner.is_done() {
        Ok(filter)
    } else {
        Err(parser.scanner.fault("`and`, `or` or the end of the filter is expected"))
    }
}

/// What stands between the brackets of a PATCH path; the opening one is already eaten.
pub(crate) fn value_filter(scanner: &mut Scanner<'_>) -> Result<Filter, Fault> {
    Parser { scanner, depth: 0, terms: 0, in_element: false }.element()
}

impl Parser<'_, '_> {
    fn or(&mut self) -> Result<Filter, Fault> {
        let mut parts = vec![self.and()?];
        while self.scanner.keyword("or") {
            parts.push(self.and()?);
        }
        Ok(Filter::any(parts))
    }

    fn and(&mut self) -> Result<Filter, Fault> {
        let mut parts = vec![self.factor()?];
        while self.scanner.keyword("and") {
            parts.push(self.factor()?);
        }
        Ok(Filter::all(parts))
    }

    /// Leaves the scanner behind the blanks that follow.
    fn factor(&mut self) -> Result<Filter, Fault> {
        self.scanner.blanks();
        let factor = if self.scanner.eat('(') {
            self.group()?
        } else if self.negation() {
            Filter::Not(Box::new(self.group()?))
        } else {
            self.term()?
        };
        self.scanner.blanks();
        Ok(factor)
    }

    /// Eats `not (`. Without the parenthesis the word is an attribute's name.
    fn negation(&mut self) -> bool {
        let mark = self.scanner.mark();
        if self.scanner.keyword("not") {
            self.scanner.blanks();
            if self.scanner.eat('(') {
                return true;
            }
        }
        self.scanner.back_to(mark);
        false
    }

    fn group(&mut self) -> Result<Filter, Fault> {
        self.deeper()?;
        let inner = self.or()?;
        if !self.scanner.eat(')') {
            return Err(self.scanner.fault("`and`, `or` or a closing parenthesis is expected"));
        }
        self.depth -= 1;
        Ok(inner)
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(self.scanner.fault("this filter is nested too deep")) } else { Ok(()) }
    }

    fn term(&mut self) -> Result<Filter, Fault> {
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(self.scanner.fault("this filter has too many comparisons"));
        }
        let path = self.scanner.name()?;
        if self.scanner.next_is('[') {
            return self.element_of(path);
        }
        self.comparison(path)
    }

    fn comparison(&mut self, path: AttributePath) -> Result<Filter, Fault> {
        let expected = "an operator is expected: eq, ne, co, sw, ew, gt, ge, lt, le or pr";
        if !self.scanner.blanks() {
            return Err(self.scanner.fault(expected));
        }
        let mark = self.scanner.mark();
        let word = self.scanner.word();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let Some(operator) = Operator::ALL.into_iter().find(|known| word.eq_ignore_ascii_case(known.word()))
        else {
            self.scanner.back_to(mark);
            return Err(self.scanner.fault(expected));
        };
        if !self.scanner.blanks() {
            return Err(self.scanner.fault("a blank and a value are expected"));
        }
        let value = self.scanner.literal()?;
        Ok(Filter::compare(path, operator, value))
    }

    fn element_of(&mut self, path: AttributePath) -> Result<Filter, Fault> {
        if self.in_element {
            return Err(self.scanner.fault("brackets inside brackets are not allowed"));
        }
        if path.sub.is_some() {
            return Err(self.scanner.fault("brackets follow the name of an attribute, not of a part of one"));
        }
        self.scanner.eat('[');
        let mut inner = self.element()?;
        if self.scanner.eat('.') {
            let sub = self.scanner.name()?;
            let further = self.comparison(sub)?;
            inner = Filter::all([inner, further]);
        }
        Ok(Filter::Element { path, filter: Box::new(inner) })
    }

    fn element(&mut self) -> Result<Filter, Fault> {
        self.deeper()?;
        self.in_element = true;
        let inner = self.or()?;
        self.in_element = false;
        self.depth -= 1;
        if self.scanner.eat(']') {
            Ok(inner)
        } else {
            Err(self.scanner.fault("`and`, `or` or a closing bracket is expected"))
        }
    }
}
