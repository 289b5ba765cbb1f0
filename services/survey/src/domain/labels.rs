//! The standard words at the ends of scales. A questionnaire may say its own instead.

use arki_words::Words;

use super::questionnaire::Kind;

/// Low and high end: Finnish, Swedish, English.
type Ends = [[&'static str; 3]; 2];

const LANGUAGES: [&str; 3] = ["fi", "sv", "en"];

const LIKELY: Ends = [
    ["En lainkaan todennäköisesti", "Inte alls troligt", "Not at all likely"],
    ["Erittäin todennäköisesti", "Mycket troligt", "Extremely likely"],
];

const SATISFIED: Ends = [
    ["Erittäin tyytymätön", "Mycket missnöjd", "Very dissatisfied"],
    ["Erittäin tyytyväinen", "Mycket nöjd", "Very satisfied"],
];

const AGREES: Ends = [
    ["Täysin eri mieltä", "Helt av annan åsikt", "Strongly disagree"],
    ["Täysin samaa mieltä", "Helt av samma åsikt", "Strongly agree"],
];

/// The words at the low and the high end; empty for kinds without a scale.
pub fn standard(kind: Kind) -> [Words; 2] {
    let ends = match kind {
        Kind::Nps => &LIKELY,
        Kind::Csat => &SATISFIED,
        Kind::Ces | Kind::Agreement => &AGREES,
        Kind::EmotionPalette | Kind::SingleChoice | Kind::OpenText => return Default::default(),
    };
    ends.map(|words| {
        LANGUAGES
            .iter()
            .zip(words)
            .map(|(language, word)| ((*language).to_owned(), word.to_owned()))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scale_has_both_ends_in_every_language() {
        for kind in [Kind::Nps, Kind::Csat, Kind::Ces, Kind::Agreement, Kind::OpenText, Kind::SingleChoice] {
            let languages = LANGUAGES.map(str::to_owned);
            for end in standard(kind) {
                assert_eq!(end.is_empty(), kind.scale().is_none(), "{kind:?}");
                assert!(end.is_empty() || end.missing(&languages).is_empty(), "{kind:?}");
            }
        }
    }
}
