//! Typical column names of each role, as used by people and tools.

/// The typical column names of a role.
pub(super) struct Names {
    /// Full names.
    pub(super) whole: &'static [&'static str],
    /// Words within a name.
    pub(super) words: &'static [&'static str],
}

pub(super) const TIMESTAMP: Names = Names {
    whole: &[
        "timestamp",
        "ts",
        "time",
        "datetime",
        "date",
        "t",
        "at",
        "when",
        "created",
        "logged",
        "zeit",
        "datum",
        "fecha",
        "horodatage",
        "heure",
        "czas",
        "zeitpunkt",
    ],
    words: &[
        "timestamp",
        "ts",
        "time",
        "datetime",
        "date",
        "at",
        "utc",
        "epoch",
        "unix",
        "zeitstempel",
        "datum",
    ],
};
/// When the label came.
pub(super) const LABEL_TIME: Names = Names {
    whole: &[
        "resolved_at",
        "resolution_time",
        "resolved",
        "closed_at",
        "settled_at",
        "feedback_at",
        "feedback_time",
        "reported_at",
        "confirmed_at",
        "chargeback_at",
        "chargeback_date",
        "returned_at",
        "verified_at",
        "reviewed_at",
    ],
    words: &["label", "labelled", "labeled", "labels", "outcome", "truth", "target"],
};
pub(super) const PREDICTION: Names = Names {
    whole: &[
        "prediction",
        "predictions",
        "predicted",
        "predict",
        "y_predict",
        "predicted_value",
        "estimate",
        "pred",
        "y_hat",
        "yhat",
        "y_pred",
        "output",
        "answer",
        "decision",
        "predicted_class",
        "predicted_label",
        "label_pred",
    ],
    words: &[
        "prediction",
        "predictions",
        "predicted",
        "predict",
        "pred",
        "yhat",
        "hat",
        "forecast",
        "forecasted",
        "vorhersage",
        "prognose",
        "vorhergesagt",
        "prediccion",
        "predicción",
        "pronostico",
        "pronóstico",
        "prevision",
        "prévision",
        "predicao",
        "predição",
        "previsao",
        "previsão",
        "predizione",
        "previsione",
        "voorspelling",
        "prognoza",
        "predykcja",
        "прогноз",
        "预测",
        "予測",
        "예측",
        "decision",
        "eta",
    ],
};
pub(super) const SCORE: Names = Names {
    whole: &[
        "score",
        "probability",
        "proba",
        "prob",
        "p",
        "p1",
        "p_hat",
        "confidence",
        "likelihood",
        "pd",
        "propensity",
    ],
    words: &[
        "score",
        "probability",
        "proba",
        "prob",
        "probabilities",
        "probas",
        "probs",
        "scores",
        "confidence",
        "wahrscheinlichkeit",
        "probabilidad",
        "probabilite",
        "probabilité",
        "probabilita",
        "probabilità",
        "probabilidade",
        "waarschijnlijkheid",
        "prawdopodobienstwo",
        "prawdopodobieństwo",
        "вероятность",
        "概率",
        "確率",
        "확률",
    ],
};
/// Words that distinguish a model's score from a feature named score.
pub(super) const OF_THE_MODEL: &[&str] =
    &["model", "pred", "predicted", "prediction", "y", "class", "positive", "output"];
/// Words for the model's output in other units, and for all its probabilities in one column.
pub(super) const OUTPUT: &[&str] = &[
    "logit",
    "logits",
    "margin",
    "raw",
    "odds",
    "logodds",
    "points",
    "probs",
    "probabilities",
    "probas",
    "scores",
    "softmax",
    "output",
    "outputs",
    "function",
];
pub(super) const LABEL: Names = Names {
    whole: &[
        "label", "labels", "y", "target", "truth", "actual", "outcome", "class", "observed", "response", "gt",
    ],
    words: &[
        "label",
        "target",
        "truth",
        "outcome",
        "actual",
        "true",
        "wahrheit",
        "zielwert",
        "istwert",
        "tatsächlich",
        "etiqueta",
        "objetivo",
        "cible",
        "vérité",
        "étiquette",
        "etichetta",
        "obiettivo",
        "rótulo",
        "alvo",
        "метка",
        "标签",
        "正解",
        "라벨",
    ],
};
pub(super) const ID: Names = Names {
    whole: &["id", "rid", "key", "uuid", "guid", "reqid", "index", "idx", "row"],
    words: &["id", "uuid", "guid"],
};
pub(super) const LATENCY: Names = Names {
    whole: &[
        "latency",
        "ms",
        "elapsed",
        "took",
        "response_ms",
        "response_time",
        "duration_ms",
        "elapsed_ms",
        "took_ms",
    ],
    words: &["latency"],
};
pub(super) const CPU: Names = Names { whole: &["cpu"], words: &["cpu"] };
pub(super) const MEMORY: Names =
    Names { whole: &["memory", "mem", "ram", "rss"], words: &["memory", "mem", "ram", "rss"] };

/// Words for a bound or an error of an answer.
pub(super) const BOUND: &[&str] = &[
    "lower", "upper", "lo", "hi", "low", "high", "min", "max", "lb", "ub", "lcl", "ucl", "std", "stddev",
    "stderr", "se", "sd", "variance", "var", "interval", "width", "q05", "q10", "q25", "q75", "q90", "q95",
    "p05", "p10", "p25", "p75", "p90", "p95",
];
/// Columns that a logger writes beside what is logged.
pub(super) const ENVELOPE: &[&str] = &[
    "level",
    "severity",
    "loglevel",
    "log_level",
    "logger",
    "logger_name",
    "caller",
    "thread",
    "thread_name",
    "pid",
    "hostname",
    "host",
    "msg",
    "message",
    "stream",
    "version",
    "specversion",
    "source",
    "datacontenttype",
    "environment",
    "env",
    "service",
    "app",
];

/// Names of the version of the model that answered.
pub(super) const VERSION: &[&str] = &[
    "model_version",
    "modelversion",
    "model_version_id",
    "version_of_model",
    "model",
    "model_id",
    "model_name",
    "model_tag",
    "deployed_model_id",
    "deployed_model",
    "deployment",
    "deployment_id",
    "deployment_name",
    "variant",
    "served_by",
];
/// Words of ids of one request; an id of a customer repeats.
pub(super) const REQUEST: &[&str] = &[
    "request",
    "req",
    "transaction",
    "txn",
    "event",
    "prediction",
    "inference",
    "row",
    "rid",
    "trace",
    "message",
    "call",
    "scoring",
    "record",
];

/// Words for recurring entities, whose number is not an input.
pub(super) const ENTITY: &[&str] = &[
    "account",
    "customer",
    "user",
    "client",
    "member",
    "subscriber",
    "patient",
    "household",
    "session",
    "uuid",
    "guid",
    "id",
];
/// Columns that tools add to the data.
pub(super) const BESIDE_THE_DATA: &[&str] =
    &["index", "fold", "split", "sample_weight", "row_number", "rownum"];
/// Words for parts of the data that are numbered as they come.
pub(super) const BATCH: &[&str] =
    &["batch", "chunk", "shard", "run", "job", "part", "partition", "seq", "sequence", "load"];
/// Words for categories that are often written as numbers.
pub(super) const CODE: &[&str] = &[
    "code",
    "zip",
    "zipcode",
    "zip3",
    "postcode",
    "postal",
    "region",
    "state",
    "country",
    "branch",
    "channel",
    "category",
    "cat",
    "class",
    "type",
    "kind",
    "segment",
    "group",
    "gender",
    "sex",
    "race",
    "marital",
    "marriage",
    "education",
    "occupation",
    "status",
    "product",
    "plan",
    "store",
    "shop",
    "merchant",
    "department",
];

/// Words for quantities and ranks, which are numbers whatever else the name contains.
pub(super) const QUANTITY: &[&str] = &[
    "num", "number", "count", "years", "months", "days", "level", "grade", "rank", "age", "size", "len",
    "length",
];

/// 2 when a column has one of the full names, 1 when its name contains one of the words, otherwise 0.
///
/// Of a key within an object (`output.score`) the key decides.
pub(super) fn named(name: &str, names: &Names) -> u32 {
    let name = without_type(name);
    let whole = |name: &str| names.whole.contains(&words(name).join("_").as_str());
    let words = words(name);
    if whole(name) || name.rsplit_once('.').is_some_and(|(_, key)| whole(key)) {
        2
    } else {
        u32::from(words.iter().any(|word| names.words.contains(&word.as_str())))
    }
}

/// Whether a column is called like an instant.
pub(crate) fn is_time_name(name: &str) -> bool {
    named(name, &TIMESTAMP) > 0
}

/// Keys by which databases and log formats name the type of the value below them: `{"amount": {"N": "12.5"}}`.
const NUMBER_TYPES: [&str; 11] = [
    "$numberDouble",
    "$numberInt",
    "$numberLong",
    "$numberDecimal",
    "N",
    "double",
    "float",
    "int",
    "long",
    "doubleValue",
    "intValue",
];
const OTHER_TYPES: [&str; 10] = [
    "$date",
    "$oid",
    "S",
    "BOOL",
    "string",
    "boolean",
    "stringValue",
    "boolValue",
    "timestampValue",
    "value",
];

/// A path without the key that names its value's type.
pub(crate) fn without_type(name: &str) -> &str {
    let is_type = |key: &str| NUMBER_TYPES.contains(&key) || OTHER_TYPES.contains(&key);
    match name.rsplit_once('.').filter(|(_, key)| is_type(key)) {
        Some((bare, _)) => without_type(bare),
        None => name,
    }
}

/// Whether a path ends in a key that says its values are numbers.
pub(crate) fn is_typed_number(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, key)| NUMBER_TYPES.contains(&key))
}

/// Whether a number can be seconds, milliseconds, microseconds or nanoseconds since 1970, of the years 2001 to 2096.
pub(crate) fn is_epoch(x: f64) -> bool {
    [1.0, 1e3, 1e6, 1e9].into_iter().any(|unit| (1e9 * unit..=4e9 * unit).contains(&x))
}

/// Whether two names share a word that says what is foretold: `is_fraud` and `fraud_probability`, `churned` and `churn_pred`.
pub(super) fn kin(one: &str, other: &str) -> bool {
    const LEAST: usize = 4;
    let said = |name: &str| -> Vec<String> {
        let roles = [&LABEL, &PREDICTION, &SCORE, &TIMESTAMP, &ID];
        let is_role = |word: &String| {
            roles
                .iter()
                .any(|names| names.words.contains(&word.as_str()) || names.whole.contains(&word.as_str()))
        };
        let words = words(name).into_iter();
        words
            .filter(|word| word.len() >= LEAST && !is_role(word) && !OF_THE_MODEL.contains(&word.as_str()))
            .collect()
    };
    let (one, other) = (said(one), said(other));
    one.iter().any(|a| other.iter().any(|b| a.starts_with(b.as_str()) || b.starts_with(a.as_str())))
}

/// The words of a name in lower case: the same for `eventTime`, `event_time` and `Event Time`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_was_lower = false;
    for c in name.chars() {
        let new_word = !c.is_alphanumeric() || (c.is_uppercase() && before_was_lower);
        if new_word && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before_was_lower = c.is_lowercase() || c.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_outcome_are_kin() {
        assert!(kin("churn_score", "churned") && kin("fraud_probability", "is_fraud"));
        assert!(kin("predicted_price", "price"));
        assert!(!kin("score", "label") && !kin("prediction", "predicted_label") && !kin("income", "dti"));
    }

    #[test]
    fn types_around_values_are_no_names() {
        for (name, bare) in [
            ("amount.N", "amount"),
            ("at.$date.$numberLong", "at"),
            ("a.b", "a.b"),
            ("N", "N"),
            ("x.value", "x"),
        ] {
            assert_eq!(without_type(name), bare, "{name}");
        }
        assert!(is_typed_number("amount.N") && !is_typed_number("city.S") && !is_typed_number("amount"));
    }

    #[test]
    fn names_fall_into_words() {
        for (name, want) in [
            ("eventTime", "event time"),
            ("event_time", "event time"),
            ("Event Time", "event time"),
            ("Unnamed: 0", "unnamed 0"),
            ("p95ms", "p95ms"),
            ("userID", "user id"),
            ("", ""),
        ] {
            assert_eq!(words(name).join(" "), want, "{name}");
        }
    }
}
