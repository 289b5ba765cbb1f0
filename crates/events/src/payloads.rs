use arki_proto::event::v1;

/// A message that can be told to other services.
pub trait Payload: prost::Message + Default {
    /// What happened, as `arki.<service>.<noun>.<verb>`.
    const SUBJECT: &'static str;
}

macro_rules! payloads {
    ($($message:ident, $subject:literal;)*) => {
        $(
            impl Payload for v1::$message {
                const SUBJECT: &'static str = $subject;
            }
        )*

        /// Every subject that there is.
        pub const SUBJECTS: &[&str] = &[$($subject),*];
    };
}

payloads! {
    UnitChanged, "arki.directory.unit.changed";
    PersonChanged, "arki.directory.person.changed";
    PersonMerged, "arki.directory.person.merged";
    PersonErased, "arki.directory.person.erased";
    ErasureConfirmed, "arki.directory.erasure.confirmed";
    PurgeDue, "arki.directory.purge.due";
    PurgeConfirmed, "arki.directory.purge.confirmed";
    ConsentChanged, "arki.directory.consent.changed";
    OutcomeRecorded, "arki.directory.outcome.recorded";
    WebhookEndpointDisabled, "arki.directory.webhook_endpoint.disabled";
    WorkforceFigureChanged, "arki.directory.workforce_figure.changed";
    WaveOpened, "arki.survey.wave.opened";
    ResponsesCounted, "arki.survey.responses.counted";
    WaveClosed, "arki.survey.wave.closed";
    ReadingsReleased, "arki.scorecard.readings.released";
    GoalChanged, "arki.goal.goal.changed";
    CommitmentChanged, "arki.goal.commitment.changed";
    MessageUnderstood, "arki.communication.message.understood";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::SUBJECTS;

    #[test]
    fn subjects_are_distinct_and_have_four_words() {
        assert_eq!(SUBJECTS.iter().collect::<BTreeSet<_>>().len(), SUBJECTS.len());
        for subject in SUBJECTS {
            let words: Vec<_> = subject.split('.').collect();
            assert_eq!((words.len(), words[0]), (4, "arki"), "{subject}");
            assert!(subject.bytes().all(|b| b.is_ascii_lowercase() || b == b'.' || b == b'_'), "{subject}");
        }
    }
}
