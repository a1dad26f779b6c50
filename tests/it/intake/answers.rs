//! Which columns are the model's answers, and in which words.

use super::{Table, Taken, taken};

/// Both files with the same change.
fn both(change: impl Fn(Table) -> Table) -> Taken {
    taken(change(Table::training()).csv(), change(Table::production()).csv())
}

fn worded(table: Table, column: &str, no: &str, yes: &str) -> Table {
    table.set(column, |_, value| if value == "1" { yes.to_owned() } else { no.to_owned() })
}

#[test]
fn labels_and_answers_in_two_spellings_are_one() {
    let spellings = [
        ("0.0", "1.0"),
        ("N", "Y"),
        ("no", "yes"),
        ("False", "True"),
        ("F", "T"),
        ("N", "J"),
        ("nein", "ja"),
        ("não", "sim"),
        ("no", "churned"),
    ];
    for (no, yes) in spellings {
        let taken = both(|table| worded(table, "label", no, yes));
        assert!(taken.accuracy() > 0.7, "{no}, {yes}: {}\n{}", taken.accuracy(), taken.told());
    }
    let taken =
        both(|table| worded(worded(table, "label", "paid ", "Default "), "prediction", "Paid", "default"));
    assert!(taken.accuracy() > 0.7, "{}", taken.told());
}

#[test]
fn labels_in_words_that_no_answer_has_are_no_measure() {
    for (no, yes) in [("good", "bad"), ("1", "2"), ("repaid", "written off")] {
        let taken = both(|table| worded(table, "label", no, yes));
        assert_eq!(taken.judged(), 0, "{}", taken.told());
        taken.says("[model] classes");
    }
}

#[test]
fn other_words_since_a_day_and_a_third_class_are_not_judged() {
    let words = |table: Table| worded(worded(table, "label", "ok", "bad"), "prediction", "ok", "bad");
    let late = words(Table::production()).set("label", |row, value| match (row > 700, value) {
        (true, "ok") => "fine".to_owned(),
        (true, _) => "broken".to_owned(),
        _ => value.to_owned(),
    });
    let taken_late = taken(words(Table::training()).csv(), late.csv());
    taken_late.says("all since 03-10");
    assert_eq!(taken_late.judged(), 701);
    let third = words(Table::production())
        .set("label", |row, value| if row % 5 == 0 { "unknown".to_owned() } else { value.to_owned() });
    let taken = taken(words(Table::training()).csv(), third.csv());
    taken.says("\"unknown\"");
    assert!(taken.judged() == 960 && taken.accuracy() > 0.7, "{}", taken.told());
}

#[test]
fn a_probability_under_a_prediction_s_name_is_the_score() {
    let alone =
        |table: Table| table.drop("prediction").rename("score", "prediction").rename("label", "target");
    both(alone).role("score", "prediction").role("label", "target");
    let hat = |table: Table| table.drop("prediction").rename("score", "yhat").rename("label", "y");
    both(hat).role("score", "yhat").role("label", "y");
    let fraud = |table: Table| {
        worded(table, "label", "False", "True")
            .drop("prediction")
            .rename("score", "fraud_probability")
            .rename("label", "is_fraud")
    };
    both(fraud).role("score", "fraud_probability").role("label", "is_fraud");
}

#[test]
fn names_of_one_outcome_belong_together() {
    let churn = |table: Table| {
        table.rename("label", "churned").rename("prediction", "churn_pred").rename("score", "churn_score")
    };
    both(churn).role("label", "churned").role("prediction", "churn_pred").role("score", "churn_score");
}

#[test]
fn a_feature_that_is_called_like_the_outcome_stays_one() {
    let credit = |table: Table| {
        table
            .set("age", |row, _| format!("{:.0}", 300.0 + 550.0 * super::unit(row, 79)))
            .rename("age", "credit_score")
            .rename("label", "credit_default")
    };
    let taken = both(credit);
    taken.role("label", "credit_default").role("score", "score");
    assert!(taken.guess.features.iter().any(|name| name == "credit_score"), "{}", taken.told());
}

#[test]
fn the_model_s_output_in_other_units_is_no_feature() {
    let logit = |table: Table| {
        table.derive("logit", "score", |_, p| format!("{:.4}", (p / (1.0 - p)).ln())).drop("score")
    };
    both(logit).ignores("logit");
    let percent = |table: Table| table.derive("score", "score", |_, p| format!("{:.2}", p * 100.0));
    both(percent).ignores("score").says("not a probability");
    let two = |table: Table| table.derive("score_of_0", "score", |_, p| format!("{:.5}", 1.0 - p));
    both(two).role("score", "score").ignores("score_of_0");
}

#[test]
fn a_probability_of_the_class_that_was_answered_is_no_score() {
    for name in ["confidence", "probability", "score"] {
        let sure = |table: Table| {
            table.derive("score", "score", |_, p| format!("{:.5}", p.max(1.0 - p))).rename("score", name)
        };
        let taken = both(sure);
        taken.ignores(name).says("the class that was answered");
        assert_eq!(taken.guess.columns.score, None);
    }
}

#[test]
fn a_percentage_alone_is_refused_with_what_to_do() {
    for (name, scale) in [("probability", 100.0), ("score", 100.0), ("proba", 60.0)] {
        let alone = |table: Table| {
            table
                .derive("score", "score", |_, p| format!("{:.3}", p * scale))
                .rename("score", name)
                .drop("prediction")
        };
        let error = super::refused(alone(Table::training()).csv(), alone(Table::production()).csv());
        assert!(error.contains("looks like the prediction"), "{error}");
    }
}

#[test]
fn a_score_is_found_beside_labels_in_other_words() {
    for (no, yes) in [("repaid", "arrears"), ("nein", "ja"), ("A", "B")] {
        let taken = both(|table| worded(table, "label", no, yes).rename("score", "risk_score"));
        taken.role("score", "risk_score");
    }
}

#[test]
fn a_score_of_the_other_class_is_told() {
    let turned = |table: Table| table.derive("score", "score", |_, p| format!("{:.5}", 1.0 - p));
    both(turned).says("other class");
    let without = |table: Table| turned(table).drop("prediction");
    both(without).says("other class");
    let words =
        |table: Table| worded(worded(turned(table), "label", "good", "bad"), "prediction", "good", "bad");
    both(words).says("other class");
}

#[test]
fn the_class_that_scores_high_is_positive_where_no_name_tells() {
    let words = |table: Table| worded(worded(table, "label", "zeta", "alpha"), "prediction", "zeta", "alpha");
    let taken = both(words);
    assert_eq!(taken.guess.positive.as_deref(), Some("alpha"), "{}", taken.told());
    assert_eq!(taken.told(), "");
}

/// Three classes with a probability each.
fn classes(table: Table) -> Table {
    let share = |score: f64, class: usize| {
        let shares = [score * score, 2.0 * score * (1.0 - score), (1.0 - score).powi(2)];
        shares[class]
    };
    let answer = |score: f64| {
        if score > 0.66 {
            "cat"
        } else if score > 0.33 {
            "dog"
        } else {
            "eel"
        }
    };
    let mut table = table.derive("prediction", "score", move |_, p| answer(p).to_owned()).derive(
        "label",
        "score",
        move |row, p| answer((p + 0.4 * (super::unit(row, 77) - 0.5)).clamp(0.0, 1.0)).to_owned(),
    );
    for (class, name) in ["cat", "dog", "eel"].into_iter().enumerate() {
        table = table.derive(&format!("p_{name}"), "score", move |_, p| format!("{:.5}", share(p, class)));
    }
    table.drop("score")
}

#[test]
fn one_probability_for_each_class_whatever_it_is_called() {
    let named = |change: fn(&str) -> String| {
        both(|table| {
            let mut table = classes(table);
            for name in ["cat", "dog", "eel"] {
                table = table.rename(&format!("p_{name}"), &change(name));
            }
            table
        })
    };
    for change in [
        (|name| name.to_owned()) as fn(&str) -> String,
        |name| format!("Score.{}", name.to_uppercase()),
        |name| format!("{name}_prob"),
        |name| format!("P {name}"),
    ] {
        let taken = named(change);
        assert_eq!(taken.guess.columns.scores.len(), 3, "{}", taken.told());
        assert_eq!(taken.dossier.production.sample.class_scores.len(), 3);
    }
}

#[test]
fn probabilities_that_no_class_claims_are_no_features() {
    let numbered = |table: Table| {
        classes(table).rename("p_cat", "prob_0").rename("p_dog", "prob_1").rename("p_eel", "prob_2")
    };
    both(numbered).ignores("prob_0").ignores("prob_2").says("add up to 1 in every row");
    let sure = |table: Table| {
        let table = classes(table).derive("confidence", "p_cat", |_, p| format!("{:.5}", p.max(1.0 - p)));
        ["p_cat", "p_dog", "p_eel"].into_iter().fold(table, Table::drop)
    };
    both(sure).ignores("confidence");
    let percent = |table: Table| {
        ["p_cat", "p_dog", "p_eel"].into_iter().enumerate().fold(classes(table), |table, (at, name)| {
            table.derive(&format!("score {at}"), name, |_, p| format!("{:.3}", p * 100.0)).drop(name)
        })
    };
    both(percent).ignores("score 0").says("add up to 100");
}

#[test]
fn values_foretold_with_fractions_are_a_regression() {
    let stars = |table: Table| {
        table
            .derive("predicted_stars", "score", |_, p| format!("{:.2}", 1.0 + 4.0 * p))
            .derive("rating", "score", |row, p| {
                format!("{:.0}", (1.0 + 4.0 * p + super::unit(row, 78) - 0.5).clamp(1.0, 5.0))
            })
            .drop("score")
            .drop("prediction")
            .drop("label")
    };
    let taken = both(stars);
    taken.role("prediction", "predicted_stars").role("label", "rating");
    assert_eq!(taken.dossier.plan.task.name(), "regression", "{}", taken.told());
}

#[test]
fn yes_and_no_of_spreadsheets_in_other_languages() {
    for (no, yes) in [("FALSCH", "WAHR"), ("FAUX", "VRAI"), ("FALSO", "VERDADEIRO"), ("não", "sim")] {
        let taken = both(|table| worded(table, "label", no, yes));
        assert_eq!(taken.guess.positive.as_deref(), Some(yes), "{}", taken.told());
        assert!(taken.judged() == super::ROWS && taken.accuracy() > 0.7, "{}", taken.told());
    }
}

#[test]
fn two_probabilities_that_are_called_as_their_classes() {
    for (no, yes) in [("0", "1"), ("false", "true"), ("bad", "good")] {
        let two = |table: Table| {
            let table = worded(worded(table, "label", no, yes), "prediction", no, yes);
            table.derive(no, "score", |_, p| format!("{:.5}", 1.0 - p)).rename("score", yes)
        };
        let taken = both(two);
        let positive = taken.guess.positive.clone().expect("a class");
        taken.role("score", &positive).ignores(if positive == yes { no } else { yes });
    }
}

#[test]
fn a_score_alone_is_an_answer_before_any_outcome_is_known() {
    for name in ["risk_score", "probability", "proba"] {
        let taken = both(|table| table.drop("label").drop("prediction").rename("score", name));
        taken.role("score", name).ignores(name).says("performance cannot be measured");
    }
}

#[test]
fn a_class_that_the_score_gives_is_the_answer_whatever_its_name() {
    for name in ["flagged", "action_taken", "alert"] {
        let taken = both(|table| {
            table.rename("prediction", name).rename("score", "fraud_proba").rename("label", "is_fraud")
        });
        taken.role("score", "fraud_proba").role("prediction", name).role("label", "is_fraud").ignores(name);
        assert!(taken.accuracy() > 0.7, "{}", taken.told());
    }
    // A score in points beside the class: the class is judged.
    let taken = both(|table| {
        table
            .derive("risk_score", "score", |_, p| format!("{:.2}", 1000.0 * p))
            .drop("score")
            .rename("prediction", "flagged")
    });
    taken
        .role("prediction", "flagged")
        .role("label", "label")
        .ignores("risk_score")
        .says("not a probability");
    // In other words than the label's it is no class to be compared, and no input.
    let taken = both(|table| {
        worded(table, "prediction", "approve", "decline")
            .rename("prediction", "decided")
            .rename("score", "fraud_proba")
            .rename("label", "is_fraud")
    });
    taken.role("score", "fraud_proba").ignores("decided");
    assert!(taken.accuracy() > 0.7, "{}", taken.told());
}

#[test]
fn the_truth_is_called_as_what_is_foretold() {
    for (prediction, label) in
        [("predicted_topic", "topic"), ("topic_pred", "actual_topic"), ("PredictedTopic", "Topic")]
    {
        let taken = both(|table| {
            classes(table)
                .rename("prediction", prediction)
                .rename("label", label)
                .set("later", |_, _| "x".to_owned())
        });
        taken.role("prediction", prediction).role("label", label).ignores(label);
        assert!(taken.accuracy() > 0.5, "{}", taken.told());
    }
    let minutes = |table: Table| {
        table
            .derive("eta_minutes", "score", |_, p| format!("{:.2}", 20.0 + 30.0 * p))
            .derive("actual_minutes", "score", |row, p| {
                format!("{:.2}", 18.0 + 30.0 * p + 4.0 * super::unit(row, 79))
            })
            .only(&["ts", "income", "dti", "age", "eta_minutes", "actual_minutes"])
    };
    let taken = taken(
        minutes(Table::training().set("ts", |_, _| String::new())).drop("ts").csv(),
        minutes(Table::production()).csv(),
    );
    taken.role("prediction", "eta_minutes").role("label", "actual_minutes");
}

#[test]
fn of_several_columns_of_classes_the_truth_is_the_one_that_agrees() {
    for label in ["topic", "category_final", "queue"] {
        let taken = both(|table| {
            let other = |row: usize, by: usize| ["cat", "dog", "eel"][(row + by) % 3].to_owned();
            classes(table)
                .rename("prediction", "pred_1")
                .rename("label", label)
                .set("pred_2", |row, _| other(row, 0))
                .set("pred_3", |row, _| other(row, 1))
        });
        taken.role("prediction", "pred_1").role("label", label).ignores("pred_2").ignores("pred_3");
        taken.says("on the evidence of its values only");
    }
}
