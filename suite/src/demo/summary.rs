//! What the demonstration found, for a person to read and for a program.

use std::fmt;

use serde::Serialize;

/// The whole result.
#[derive(Serialize)]
pub struct Summary {
    /// Says that the data is made up.
    pub demonstration: &'static str,
    pub(super) organisation: Organisation,
    pub(super) waves: Vec<Wave>,
    pub(super) readings: Vec<Reading>,
    pub(super) gaps: Vec<Gap>,
    pub(super) coverage: Coverage,
    pub(super) message: Message,
    /// How long all of it took.
    pub seconds: f64,
}

#[derive(Serialize)]
pub(super) struct Organisation {
    pub(super) units: usize,
    pub(super) employees: usize,
    pub(super) customers: usize,
    pub(super) outcomes: i64,
}

#[derive(Serialize)]
pub(super) struct Wave {
    pub(super) audience: &'static str,
    pub(super) wave: String,
    pub(super) invited: usize,
    pub(super) responses: usize,
}

#[derive(Serialize)]
pub(super) struct Reading {
    pub(super) metric: String,
    pub(super) question: String,
    pub(super) wave: String,
    pub(super) unit: String,
    pub(super) unit_display_name: String,
    pub(super) shown: bool,
    pub(super) figure: Option<Figure>,
    pub(super) words: String,
}

#[derive(Serialize)]
pub(super) struct Figure {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) n: i64,
    pub(super) unit: String,
    pub(super) interval: String,
}

#[derive(Serialize)]
pub(super) struct Gap {
    pub(super) profile: String,
    pub(super) wave: String,
    pub(super) n: i64,
    pub(super) fit: Option<f64>,
    pub(super) fit_by_chance: Option<f64>,
    pub(super) distinguishable: Option<bool>,
    pub(super) terms: Vec<Term>,
}

#[derive(Serialize)]
pub(super) struct Term {
    pub(super) term: String,
    pub(super) label: String,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) percent: Option<f64>,
    pub(super) gap: Option<f64>,
    pub(super) state: String,
}

#[derive(Serialize)]
pub(super) struct Coverage {
    pub(super) employees: i32,
    pub(super) with_goal: i32,
    pub(super) unseen: i32,
    pub(super) seen: i32,
    pub(super) understood: i32,
    pub(super) committed: i32,
    pub(super) objected: i32,
    pub(super) holes: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Message {
    pub(super) recipients: usize,
    pub(super) delivered: i64,
    pub(super) answered: Option<i64>,
    pub(super) understood_percent: Option<f64>,
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) units_shown: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Organisation { units, employees, customers, outcomes } = &self.organisation;
        writeln!(f, "\nThe demonstration ({}; {:.1} s)", self.demonstration, self.seconds)?;
        writeln!(
            f,
            "\nPeople      {employees} employees in {units} units, {customers} customers, {outcomes} outcomes"
        )?;
        for wave in &self.waves {
            writeln!(f, "Listened    {} of {} {} answered", wave.responses, wave.invited, wave.audience)?;
        }
        writeln!(f, "\nTruth: the whole, with 95 % intervals")?;
        for reading in self.readings.iter().filter(|reading| reading.unit == "KAARNA") {
            if let Some(figure) = &reading.figure {
                writeln!(
                    f,
                    "  {:<28} {:>6.1} {:<7} {:>6.1} to {:>5.1}   n {:>4}   {}",
                    reading.metric,
                    figure.value,
                    figure.unit,
                    figure.low,
                    figure.high,
                    figure.n,
                    reading.words
                )?;
            }
        }
        let hidden = self.readings.iter().filter(|reading| !reading.shown).count();
        writeln!(
            f,
            "  {} readings by unit; {hidden} of them not shown, to protect people",
            self.readings.len()
        )?;
        for gap in &self.gaps {
            let fit = gap.fit.map_or_else(|| "not shown".to_owned(), |fit| format!("{fit:.0} of 100"));
            writeln!(f, "\n{} (n {}), fit {fit}; furthest from the chosen feelings:", gap.profile, gap.n)?;
            for term in gap.terms.iter().take(3) {
                let lived = term.percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.0} %"));
                writeln!(
                    f,
                    "  {:<20} lived {lived:>5}, chosen {:.0}-{:.0} %   {}",
                    term.label, term.low, term.high, term.state
                )?;
            }
        }
        let coverage = &self.coverage;
        writeln!(
            f,
            "\nEveryday    {} of {} employees have a goal in everyday words: {} committed, {} understood, {} seen, {} unseen, {} object",
            coverage.with_goal,
            coverage.employees,
            coverage.committed,
            coverage.understood,
            coverage.seen,
            coverage.unseen,
            coverage.objected
        )?;
        writeln!(f, "            not reached: {}", coverage.holes.join(", "))?;
        let message = &self.message;
        write!(f, "Told        {} delivered", message.delivered)?;
        if let (Some(answered), Some(percent), Some(low), Some(high)) =
            (message.answered, message.understood_percent, message.low, message.high)
        {
            write!(
                f,
                ", understood by {percent:.0} % ({low:.0} to {high:.0}) of the {answered} who answered"
            )?;
        }
        writeln!(f)
    }
}
