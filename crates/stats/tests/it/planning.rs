//! Multiple comparisons, response rates, sample sizes and shrinkage.

use crate::vectors::{P95, close, counts, floats, list, vectors};
use arki_stats::multiplicity::{Method, adjust};
use arki_stats::nps::Counts;
use arki_stats::planning::minimum_detectable_difference;
use arki_stats::response_rate::Dispositions;
use arki_stats::{Error, shrinkage};
use proptest::prelude::*;

const METHODS: [(&str, Method); 5] = [
    ("bonferroni", Method::Bonferroni),
    ("holm", Method::Holm),
    ("hommel", Method::Hommel),
    ("fdr_bh", Method::BenjaminiHochberg),
    ("fdr_by", Method::BenjaminiYekutieli),
];

#[test]
fn adjusted_p_values_agree_with_the_reference() {
    let reference = vectors!("multiplicity");
    for set in list(&reference["sets"]) {
        for (name, method) in METHODS {
            let expected = &set["expected"][name];
            let got = adjust(method, &floats(&set["p"])).unwrap();
            for ((got, expected), reject) in
                got.iter().zip(list(&expected["adj"])).zip(list(&expected["reject"]))
            {
                close(*got, expected, 1e-12, name);
                assert_eq!(
                    *got <= set["alpha"].as_f64().unwrap() + 1e-12,
                    reject.as_bool().unwrap(),
                    "{name}"
                );
            }
        }
    }
}

#[test]
fn a_p_value_outside_zero_to_one_is_refused_and_an_empty_family_is_fine() {
    for (_, method) in METHODS {
        assert!(adjust(method, &[0.2, f64::NAN]).is_err());
        assert_eq!(adjust(method, &[]), Ok(Vec::new()));
        assert_eq!(adjust(method, &[0.3]), Ok(vec![0.3]));
    }
}

#[test]
fn response_rates_agree_with_the_reference() {
    let reference = vectors!("aapor");
    for case in list(&reference["cases"]) {
        let count = |key: &str| case[key].as_u64().unwrap();
        let dispositions = Dispositions {
            complete: count("I"),
            partial: count("P"),
            refusal: count("R"),
            non_contact: count("NC"),
            other: count("O"),
            unknown_household: count("UH"),
            unknown_other: count("UO"),
        };
        let rates = dispositions.rates(case["e"].as_f64().unwrap()).unwrap();
        for (name, got) in [
            ("RR1", Some(rates.rr1)),
            ("RR2", Some(rates.rr2)),
            ("RR3", Some(rates.rr3)),
            ("RR4", Some(rates.rr4)),
            ("RR5", rates.rr5),
            ("RR6", rates.rr6),
            ("COOP1", rates.cooperation1),
            ("COOP2", rates.cooperation2),
            ("REF1", Some(rates.refusal1)),
            ("CON1", Some(rates.contact1)),
        ] {
            close(got.unwrap(), &case["expected"][name], 1e-14, name);
        }
    }
}

#[test]
fn a_rate_without_anyone_to_divide_by_does_not_exist() {
    assert_eq!(Dispositions::default().rates(1.0), Err(Error::Empty));
    let unknown = Dispositions { unknown_other: 4, ..Dispositions::default() };
    assert_eq!(unknown.rates(0.0), Err(Error::Empty));
    let rates = unknown.rates(0.5).unwrap();
    assert_eq!((rates.rr5, rates.cooperation1), (None, None));
    assert!(unknown.rates(1.5).is_err());
}

#[test]
fn detectable_differences_agree_with_the_reference() {
    let reference = vectors!("mde");
    for case in list(&reference["cases"]) {
        let (n1, n2) = (case["n1"].as_u64().unwrap(), case["n2"].as_u64().unwrap());
        let got = minimum_detectable_difference(n1, n2, case["sd"].as_f64().unwrap(), 0.8, P95).unwrap();
        close(100.0 * got, &case["mde_nps_points_80pct"], 1e-12, "detectable difference");
    }
    assert_eq!(minimum_detectable_difference(0, 5, 0.8, 0.8, P95), Err(Error::Empty));
    assert!(minimum_detectable_difference(5, 5, -0.8, 0.8, P95).is_err());
    assert!(minimum_detectable_difference(5, 5, 0.8, 1.0, P95).is_err());
}

#[test]
fn shrunk_scores_agree_with_the_reference() {
    let reference = vectors!("shrinkage");
    let units: Vec<Counts> = list(&reference["counts_det_pas_pro"])
        .iter()
        .map(|unit| {
            let unit = counts(unit);
            Counts { detractors: unit[0], passives: unit[1], promoters: unit[2] }
        })
        .collect();
    let expected = &reference["expected"];
    let moment = shrinkage::shrink_scores(&units, shrinkage::Method::DerSimonianLaird).unwrap();
    close(moment.between_variance, &expected["tau2_dl"], 1e-10, "tau2");
    close(moment.mean, &expected["mu_dl"], 1e-10, "mean");
    close(moment.q, &expected["Q"], 1e-10, "q");
    close(moment.i_squared, &expected["I2"], 1e-10, "i squared");
    let iterated = shrinkage::shrink_scores(&units, shrinkage::Method::PauleMandel).unwrap();
    close(iterated.between_variance, &expected["tau2_pm"], 1e-6, "tau2");
    close(iterated.mean, &expected["mu_pm"], 1e-6, "mean");
    for index in 0..units.len() {
        close(moment.units[index].weight_of_mean, &expected["B_dl"][index], 1e-10, "weight");
        close(moment.units[index].estimate, &expected["shrunk_dl"][index], 1e-10, "estimate");
        close(iterated.units[index].estimate, &expected["shrunk_pm"][index], 1e-6, "estimate");
    }
}

#[test]
fn units_that_do_not_differ_are_all_drawn_to_the_mean() {
    for method in [shrinkage::Method::DerSimonianLaird, shrinkage::Method::PauleMandel] {
        let result = shrinkage::shrink(&[0.3; 6], &[0.01; 6], method).unwrap();
        assert!(result.between_variance == 0.0 && result.i_squared == 0.0);
        assert!(result.units.iter().all(|unit| (unit.estimate - 0.3).abs() < 1e-12));
        assert!(matches!(shrinkage::shrink(&[0.3; 4], &[0.01; 4], method), Err(Error::TooFew { .. })));
        assert!(shrinkage::shrink(&[0.3; 6], &[0.0; 6], method).is_err());
    }
}

proptest! {
    #[test]
    fn adjusting_never_lowers_a_p_value_and_keeps_their_order(p in prop::collection::vec(0.0..=1.0f64, 1..30)) {
        for (name, method) in METHODS {
            let adjusted = adjust(method, &p).unwrap();
            for i in 0..p.len() {
                prop_assert!(adjusted[i] >= p[i] && adjusted[i] <= 1.0, "{}", name);
                for j in 0..p.len() {
                    prop_assert!(p[i] >= p[j] || adjusted[i] <= adjusted[j] + 1e-12, "{}", name);
                }
            }
        }
    }

    #[test]
    fn the_methods_are_ordered_by_how_much_they_demand(p in prop::collection::vec(0.0..=1.0f64, 1..30)) {
        let of = |method| adjust(method, &p).unwrap();
        let (bonferroni, holm, hommel) = (of(Method::Bonferroni), of(Method::Holm), of(Method::Hommel));
        let bh = of(Method::BenjaminiHochberg);
        for i in 0..p.len() {
            prop_assert!(bonferroni[i] >= holm[i] - 1e-12);
            prop_assert!(holm[i] >= hommel[i] - 1e-12);
            prop_assert!(hommel[i] >= bh[i] - 1e-12);
        }
    }

    #[test]
    fn a_drawn_estimate_lies_between_its_own_and_the_mean(
        units in prop::collection::vec((-1.0..1.0f64, 1e-4..0.5f64), 5..30)
    ) {
        let (y, v): (Vec<f64>, Vec<f64>) = units.into_iter().unzip();
        for method in [shrinkage::Method::DerSimonianLaird, shrinkage::Method::PauleMandel] {
            let result = shrinkage::shrink(&y, &v, method).unwrap();
            for (unit, own) in result.units.iter().zip(&y) {
                prop_assert!(unit.estimate >= own.min(result.mean) - 1e-9);
                prop_assert!(unit.estimate <= own.max(result.mean) + 1e-9);
                prop_assert!(unit.variance > 0.0);
            }
        }
    }
}
