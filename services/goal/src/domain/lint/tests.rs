use super::{FindingKind, Language, lint};

use FindingKind::{Adjective, NumberOnly};
use Language::{English, Finnish, Swedish};

/// The words of every finding of a kind, in the order of the text.
fn found(language: Language, kind: FindingKind, text: &str) -> Vec<String> {
    lint(text, language)
        .into_iter()
        .filter(|finding| finding.kind == kind)
        .map(|finding| finding.words)
        .collect()
}

#[test]
fn finnish_empty_adjectives_are_found_in_their_inflections() {
    for (text, expected) in [
        ("Annamme hyvää palvelua", vec!["hyvää"]),
        ("Hyvä asiakaskokemus", vec!["Hyvä"]),
        ("Kohtaan asiakkaan hyvällä asenteella", vec!["hyvällä"]),
        ("Tuotan hyviä elämyksiä ja parempia tuloksia", vec!["hyviä", "parempia"]),
        ("Olemme alan paras", vec!["paras"]),
        ("Teen aina parhaani", vec!["parhaani"]),
        ("Teemme parhaamme joka päivä", vec!["parhaamme"]),
        ("Palvelemme parhaiten", vec!["parhaiten"]),
        ("Pyrimme parempaan", vec!["parempaan"]),
        ("Erinomainen palvelu, erinomaista arkea", vec!["Erinomainen", "erinomaista"]),
        ("Hoidan asiat erinomaisesti", vec!["erinomaisesti"]),
        ("Erinomaisiin tuloksiin loistavalla tiimillä", vec!["Erinomaisiin", "loistavalla"]),
        ("Laadukkaasti ja laadukkaita ratkaisuja", vec!["Laadukkaasti", "laadukkaita"]),
        ("Korkealaatuista palvelua", vec!["Korkealaatuista"]),
        ("Maailmanluokan palvelua", vec!["Maailmanluokan"]),
        ("Maailman luokan palvelua", vec!["Maailman luokan"]),
        ("Palvelu on vertaansa vailla", vec!["vertaansa vailla"]),
        ("Upeita hetkiä, mahtavaa meininkiä", vec!["Upeita", "mahtavaa"]),
        ("Kiitettävästi hoidettu", vec!["Kiitettävästi"]),
        ("Moitteettoman siisti", vec!["Moitteettoman"]),
        // A clitic changes nothing.
        ("Onko palvelu hyvääkin?", vec!["hyvääkin"]),
        ("Parhaitakaan ei unohdeta", vec!["Parhaitakaan"]),
        // Nor does a negation.
        ("Palvelu ei ole hyvää", vec!["hyvää"]),
        // At the end of a clause hyvin is "well".
        ("Palvelen hyvin.", vec!["hyvin"]),
        ("Palvelen hyvin, aina", vec!["hyvin"]),
        // Some systems write ä in two characters.
        ("Hyva\u{308}a\u{308} palvelua", vec!["Hyva\u{308}a\u{308}"]),
        ("HYVÄÄ PALVELUA", vec!["HYVÄÄ"]),
    ] {
        assert_eq!(found(Finnish, Adjective, text), expected, "{text}");
    }
}

#[test]
fn finnish_words_that_only_look_alike_are_left_alone() {
    for text in [
        "Soitan asiakkaalle kahden tunnin kuluessa ja kerron, mitä teen seuraavaksi",
        // Compounds are words of their own.
        "Kysyn työkaverin hyvinvoinnista",
        "Huolehdin hyvävointisuudesta ja hyväntuulisesta hetkestä",
        "Hyvä-asiakas-kortti löytyy tiskiltä",
        "Parhaillaan jonossa oleva saa numeron",
        // Other words with the same letters.
        "Hyvitän viallisen tuotteen heti",
        "Hyvitämme laskun samana päivänä",
        "Hyväksyn lomatoiveet perjantaihin mennessä",
        "Hyvästelen asiakkaan nimeltä",
        "Työskentelen asiakkaan hyväksi",
        "Paranen joka viikko yhdessä asiassa",
        "Hienonnan sipulit ennen avaamista",
        // Greetings and set phrases.
        "Sanon jokaiselle hyvää huomenta",
        "Toivotan hyvää päivänjatkoa",
        "Aloitan hyvissä ajoin",
        "Tarkistan parasta ennen -päiväyksen",
        "Asiakas lähtee hyvällä mielellä",
        // "Very" in the middle of a clause.
        "Kirjoitan hyvin lyhyesti",
        // Spoken about and not used.
        "En kirjoita sanaa ”hyvä” tavoitteeseen",
        "Korvaan sanan \"erinomainen palvelu\" teoilla",
        // Explained in the same sentence.
        "Hyvä palvelu tarkoittaa, että vastaan kahden tunnin sisällä",
        "Hyvä vuoro: kassalla ei odota kukaan yli viittä minuuttia",
    ] {
        assert_eq!(lint(text, Finnish), [], "{text}");
    }
}

#[test]
fn swedish_empty_adjectives_are_found_in_their_inflections() {
    for (text, expected) in [
        ("Vi ger bra service", vec!["bra"]),
        ("Bättre bemötande varje dag", vec!["Bättre"]),
        ("Vi är bäst i branschen", vec!["bäst"]),
        ("Den bästa upplevelsen", vec!["bästa"]),
        ("Utmärkt kvalitet och utmärkta resultat", vec!["Utmärkt", "utmärkta"]),
        ("En god upplevelse", vec!["god"]),
        ("Ett gott bemötande", vec!["gott"]),
        ("Goda relationer", vec!["Goda"]),
        ("Fantastiska möten, fint arbete", vec!["Fantastiska", "fint"]),
        ("Förstklassigt och högkvalitativt", vec!["Förstklassigt", "högkvalitativt"]),
        ("Service i världsklass", vec!["världsklass"]),
        ("Enastående service av högsta kvalitet", vec!["Enastående", "av högsta kvalitet"]),
        ("Perfekt och optimalt", vec!["Perfekt", "optimalt"]),
    ] {
        assert_eq!(found(Swedish, Adjective, text), expected, "{text}");
    }
}

#[test]
fn swedish_words_that_only_look_alike_are_left_alone() {
    for text in [
        "Jag ringer tillbaka inom två timmar och berättar vad som händer",
        "Jag säger god morgon till alla",
        "Jag frågar om kunden mår bra",
        "Jag godkänner ledigheten före fredag",
        "Jag har gott om tid för varje kund",
        "Jag kommer i god tid",
        "Jag kollar bäst före-datum",
        "Finansiella frågor besvaras samma dag",
        "Godset lossas före klockan åtta",
        "Jag skriver inte ordet ”bra”",
        "Bra service betyder att kunden får svar inom två timmar",
    ] {
        assert_eq!(lint(text, Swedish), [], "{text}");
    }
}

#[test]
fn english_empty_adjectives_are_found() {
    for (text, expected) in [
        ("We give good service", vec!["good"]),
        ("Deliver better, greater and the best results", vec!["better", "greater", "best"]),
        ("Excellent customer experience", vec!["Excellent"]),
        ("World-class service", vec!["World-class"]),
        ("World class service", vec!["World class"]),
        ("A best-in-class team", vec!["best-in-class"]),
        ("Outstanding, superb and amazing", vec!["Outstanding", "superb", "amazing"]),
        ("Our service is second to none", vec!["second to none"]),
        ("Serve customers well.", vec!["well"]),
        ("Not good enough", vec!["good"]),
        ("We offer high\u{2011}quality help", vec!["high\u{2011}quality"]),
        // What comes after the explanation explains nothing any more.
        ("Good service: an excellent experience every time", vec!["excellent"]),
        // Half a sentence explains nothing.
        ("Good service means friendly service", vec!["Good"]),
        // A sentence doesn't become a quotation by its marks.
        ("\"We always give excellent service\"", vec!["excellent"]),
    ] {
        assert_eq!(found(English, Adjective, text), expected, "{text}");
    }
}

#[test]
fn english_words_that_only_look_alike_are_left_alone() {
    for text in [
        "I call back within two hours and say what happens next",
        "I say good morning to everyone",
        "I unpack the goods before eight",
        "I check the best before date",
        "I check the best-before date",
        "I bring a well-being break into each shift as well",
        "I ask my superior when a customer waits",
        "I write well in advance",
        "We greatly shorten the form",
        "I never write the word \"excellent\" in a goal",
        "Good service means the customer hears from me within two hours",
        "In exceptional circumstances I call the customer first",
    ] {
        assert_eq!(lint(text, English), [], "{text}");
    }
}

#[test]
fn bare_numbers_are_found_as_a_whole() {
    for (language, text) in [
        (English, "NPS 62"),
        (English, "95 %"),
        (English, "Raise NPS from 50 to 62 by the end of 2027."),
        (English, "Customer satisfaction at least 4.5 by Q4"),
        (English, "Sales +10 %"),
        (Finnish, "NPS yli 60 vuoden 2027 loppuun mennessä"),
        (Finnish, "NPS:n tavoite: 62"),
        (Finnish, "Asiakastyytyväisyys vähintään 4,5"),
        (Finnish, "Myynti kasvaa 10 prosenttia"),
        (Swedish, "NPS minst 60 före slutet av 2027"),
        (Swedish, "Kundnöjdhet över 4,5"),
        (Swedish, "Öka försäljningen med 10 procent"),
    ] {
        assert_eq!(found(language, NumberOnly, text), [text], "{text}");
    }
    assert_eq!(found(English, NumberOnly, "Excellent NPS 62").len(), 1);
    assert_eq!(found(English, Adjective, "Excellent NPS 62"), ["Excellent"]);
}

#[test]
fn a_number_in_a_text_that_says_something_is_left_alone() {
    for (language, text) in [
        (English, "I answer within 2 hours"),
        (English, "Call 3 customers every week and write down what they say"),
        (Finnish, "Vastaan 2 tunnin sisällä"),
        (Finnish, "Kassalla ei odota kukaan yli 5 minuuttia"),
        (Swedish, "Jag svarar inom 2 timmar"),
        (English, "Customers first"),
        (English, ""),
        (English, " ?! "),
    ] {
        assert_eq!(found(language, NumberOnly, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn places_are_unicode_characters_from_zero() {
    let text = "Äiti sanoo: 😀 hyvää!";
    let finding = &lint(text, Finnish)[0];
    assert_eq!((finding.start, finding.end, finding.words.as_str()), (14, 19, "hyvää"));
    let cut: String = text.chars().skip(finding.start).take(finding.end - finding.start).collect();
    assert_eq!(cut, finding.words);
}

#[test]
fn advice_is_in_the_language_of_the_text() {
    for (language, text, word) in
        [(Finnish, "hyvä", "Kirjoita"), (Swedish, "bra", "Skriv"), (English, "good", "Write")]
    {
        assert!(lint(text, language)[0].advice.contains(word), "{language:?}");
    }
    for (language, text, word) in
        [(Finnish, "NPS 62", "seuraus"), (Swedish, "NPS 62", "följd"), (English, "NPS 62", "consequence")]
    {
        assert!(lint(text, language)[0].advice.contains(word), "{language:?}");
    }
}

#[test]
fn a_language_is_read_from_its_tag_and_others_have_no_lexicon() {
    assert_eq!(Language::of("sv-FI"), Some(Swedish));
    assert_eq!(Language::of("EN"), Some(English));
    assert_eq!(Language::of("et"), None);
    assert_eq!(Language::of("fin"), None);
}

mod laws {
    use proptest::prelude::*;

    use super::{Language, lint};
    use crate::domain::lint::readability;

    proptest! {
        #[test]
        fn no_text_whatever_breaks_the_lint_and_findings_lie_inside_it(text: String) {
            for language in Language::ALL {
                let length = text.chars().count();
                let mut before = 0;
                for finding in lint(&text, language) {
                    prop_assert!(finding.start >= before && finding.start < finding.end && finding.end <= length);
                    let cut: String =
                        text.chars().skip(finding.start).take(finding.end - finding.start).collect();
                    prop_assert_eq!(cut, finding.words);
                    before = finding.start;
                }
            }
            let lix = readability(&text);
            prop_assert!(lix.is_finite() && lix >= 0.0);
        }

        #[test]
        fn findings_move_with_the_text(pad in 0_usize..20) {
            let text = format!("{}Annan hyvää palvelua", " ".repeat(pad));
            let findings = lint(&text, Language::Finnish);
            prop_assert_eq!(findings.len(), 1);
            prop_assert_eq!(findings[0].start, pad + 6);
        }
    }
}
