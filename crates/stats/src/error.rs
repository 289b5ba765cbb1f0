/// Why a number could not be computed.
///
/// Each variant names the argument at fault, so that a caller can turn it into a message for a person.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to estimate from.
    #[error("no answers: at least one is needed")]
    Empty,
    /// A variance or a quantile needs more observations than there are.
    #[error("too few observations for {what}: {got} given, {needed} needed")]
    TooFew {
        /// What was to be computed.
        what: &'static str,
        /// The number of observations given.
        got: u64,
        /// The least number that works.
        needed: u64,
    },
    /// An argument lies outside its documented range or is not a finite number.
    #[error("{what} is {value}, outside {range}")]
    OutOfRange {
        /// The argument.
        what: &'static str,
        /// Its value, as text because some are integers and some are not.
        value: String,
        /// The range that is accepted.
        range: &'static str,
    },
    /// Two arguments that describe the same things have different lengths.
    #[error("{what}: lengths {left} and {right} differ, give one value for each on both sides")]
    LengthMismatch {
        /// What the arguments are.
        what: &'static str,
        /// The length of the first.
        left: usize,
        /// The length of the second.
        right: usize,
    },
    /// Every observation is the same, so the statistic is a division by zero.
    #[error("{what} does not exist without variation: every observation is the same")]
    NoVariation {
        /// The statistic.
        what: &'static str,
    },
}

impl Error {
    pub(crate) fn out_of_range(what: &'static str, value: impl ToString, range: &'static str) -> Self {
        Self::OutOfRange { what, value: value.to_string(), range }
    }
}

/// Refuses a number that is not finite.
pub(crate) fn finite(what: &'static str, value: f64) -> Result<f64, Error> {
    if value.is_finite() { Ok(value) } else { Err(Error::out_of_range(what, value, "the finite numbers")) }
}

/// Refuses a number outside `[0, 1]`.
pub(crate) fn share(what: &'static str, value: f64) -> Result<f64, Error> {
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(Error::out_of_range(what, value, "0 to 1")) }
}
