//! Response, cooperation, refusal and contact rates of the AAPOR Standard Definitions (2023, 10th edition).
//!
//! All rates are shares in `[0, 1]`. A survey through an open link has no list of those invited, hence no rate.

use crate::Error;

/// The final dispositions of everyone on the list, those found ineligible left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Dispositions {
    /// I: complete.
    pub complete: u64,
    /// P: partial, by the threshold declared before the field period.
    pub partial: u64,
    /// R: refused or broken off.
    pub refusal: u64,
    /// NC: sent and silent.
    pub non_contact: u64,
    /// O: eligible and unable to answer.
    pub other: u64,
    /// UH: unknown whether there is anyone to ask.
    pub unknown_household: u64,
    /// UO: unknown for another reason, for instance a bounced address.
    pub unknown_other: u64,
}

/// The six response rates and their companions. Odd numbers count complete answers only, even ones partial too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Unknown eligibility counts as eligible.
    pub rr1: f64,
    /// As `rr1`, with partial answers.
    pub rr2: f64,
    /// An estimated share of unknown eligibility counts as eligible.
    pub rr3: f64,
    /// As `rr3`, with partial answers.
    pub rr4: f64,
    /// Unknown eligibility counts as ineligible. `None` when nobody is known to be eligible.
    pub rr5: Option<f64>,
    /// As `rr5`, with partial answers.
    pub rr6: Option<f64>,
    /// Complete answers among those reached. `None` when nobody was reached.
    pub cooperation1: Option<f64>,
    /// As `cooperation1`, with partial answers.
    pub cooperation2: Option<f64>,
    /// Refusals among all.
    pub refusal1: f64,
    /// Those reached among all.
    pub contact1: f64,
}

impl Dispositions {
    /// Computes the rates; `eligible_share` is the estimated share of eligible people among the unknown (e).
    ///
    /// # Errors
    /// [`Error::Empty`] when nobody is on the list or, for `rr3`, nobody is estimated to be eligible;
    /// [`Error::OutOfRange`] for an eligible share outside `[0, 1]`.
    pub fn rates(&self, eligible_share: f64) -> Result<Rates, Error> {
        let e = crate::error::share("eligible share", eligible_share)?;
        let complete = self.complete as f64;
        let answered = complete + self.partial as f64;
        let reached = answered + self.refusal as f64 + self.other as f64;
        let known = reached + self.non_contact as f64;
        let unknown = self.unknown_household as f64 + self.unknown_other as f64;
        let all = known + unknown;
        if all <= 0.0 {
            return Err(Error::Empty);
        }
        let estimated = known + e * unknown;
        Ok(Rates {
            rr1: complete / all,
            rr2: answered / all,
            rr3: ratio(complete, estimated).ok_or(Error::Empty)?,
            rr4: ratio(answered, estimated).ok_or(Error::Empty)?,
            rr5: ratio(complete, known),
            rr6: ratio(answered, known),
            cooperation1: ratio(complete, reached),
            cooperation2: ratio(answered, reached),
            refusal1: self.refusal as f64 / all,
            contact1: reached / all,
        })
    }
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
