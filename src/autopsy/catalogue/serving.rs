//! Serving: whether wrong answers sit in slow, fast, loaded or repeated ones.

pub(super) mod checks {
    use super::super::{
        CheckSpec, ExamName,
        Need::{Clock, Health, Labels, Model, Onset, Rows, Scores},
        Stage, declare, measures,
    };
    use crate::autopsy::Step;

    const fn check(id: &'static str, name: &'static str, asks: &'static str) -> CheckSpec {
        CheckSpec::new(ExamName::Serving, Step::Pipeline, Some(Stage::Serving), id, name, asks)
    }

    declare! { CheckSpec:
        SERVING_LATENCY = check(
            "serving.latency",
            "serving latency",
            "Whether answers come later than before",
        )
        .measures(&[&measures::LATENCY_P95])
        .needs(&[Health]);
        SERVING_CPU = check("serving.cpu", "serving cpu", "Whether the processors are overloaded")
            .measures(&[&measures::OVERLOADED_WINDOWS])
            .needs(&[Health]);
        SERVING_MEMORY = check("serving.memory", "serving memory", "Whether memory runs out")
            .measures(&[&measures::OVERLOADED_WINDOWS])
            .needs(&[Health]);
        SERVING_LATENCY_LINK = check(
            "serving.latency_link",
            "serving latency link",
            "Whether the service causes the loss",
        )
        .measures(&[&measures::AUC_DISTANCE])
        .needs(&[Rows, Labels, Health])
        .missed_without_rows();
        SERVING_LOAD_LINK = check(
            "serving.load_link",
            "serving load link",
            "Whether costly answers come under load",
        )
        .measures(&[&measures::AUC_DISTANCE])
        .needs(&[Rows, Labels, Health]);
        SERVING_ODD = check(
            "serving.odd",
            "serving odd",
            "Whether rows of unusual answer time carry the loss",
        )
        .measures(&[&measures::LOSS_BEYOND_ROWS])
        .needs(&[Rows, Health, Onset]);
        SERVING_HOURS = check(
            "serving.hours",
            "serving hours",
            "Whether the loss depends on the hour of the day",
        )
        .measures(&[&measures::LOSS_BY_HOUR])
        .needs(&[Rows, Labels, Clock]);
        SERVING_ANSWERS = check(
            "serving.answers",
            "serving answers",
            "Whether fallback or cached answers were given",
        )
        .measures(&[&measures::ANSWER_RISE])
        .needs(&[Rows, Scores, Onset])
        .missed_without_rows();
        SERVING_STRANGE_LINK = check(
            "serving.strange_link",
            "serving strange link",
            "Whether answers that the model would not give come at another answer time",
        )
        .measures(&[&measures::AUC_DISTANCE])
        .needs(&[Rows, Health, Model, Onset]);
        SERVING_STRANGE_LOAD = check(
            "serving.strange_load",
            "serving strange load",
            "Whether answers that the model would not give come under load",
        )
        .measures(&[&measures::AUC_DISTANCE])
        .needs(&[Rows, Health, Model, Onset]);
    }
}

pub(super) mod signals {
    use super::super::{Group, SignalSpec, checks, declare};
    use crate::autopsy::Cause::{ModelRegression, ServingHealth};

    declare! { SignalSpec:
        SERVING_LATENCY_LINK = SignalSpec::new(
            Group::Serving,
            "serving.latency_link",
            &checks::SERVING_LATENCY_LINK,
            "distance from ½ of AUC(answer time; costly answer), either sign",
        )
        .raises(&[ServingHealth])
        .reads("serving, near ½ of it");
        SERVING_LOAD_LINK = SignalSpec::new(
            Group::Serving,
            "serving.load_link",
            &checks::SERVING_LOAD_LINK,
            "the same for CPU and memory, the larger one",
        )
        .raises(&[ServingHealth])
        .reads("serving: saturation, leak");
        SERVING_LINK_EXCESS = SignalSpec::new(
            Group::Serving,
            "serving.link_excess",
            &checks::SERVING_LATENCY_LINK,
            "the larger link with the base rate of costly answers taken out",
        )
        .raises(&[ServingHealth])
        .reads("serving, however few rows it hit");
        SERVING_LOSS_IN_ODD = SignalSpec::new(
            Group::Serving,
            "serving.loss_in_odd",
            &checks::SERVING_ODD,
            "share of the excess loss in rows of unusual answer time, less these rows' share",
        )
        .raises(&[ServingHealth])
        .reads("1: serving; 0: anything else");
        SERVING_ODD_LOSS = SignalSpec::new(
            Group::Serving,
            "serving.odd_loss",
            &checks::SERVING_ODD,
            "mean loss of those rows over the others' in standard deviations",
        )
        .raises(&[ServingHealth])
        .reads("large: serving");
        SERVING_ODD_SHARE = SignalSpec::new(
            Group::Serving,
            "serving.odd_share",
            &checks::SERVING_ODD,
            "share of rows of unusual answer time since the onset",
        )
        .raises(&[ServingHealth])
        .reads("a change of the service, harmful or not");
        SERVING_LATENCY_P95 = SignalSpec::new(
            Group::Serving,
            "serving.latency_p95",
            &checks::SERVING_LATENCY,
            "ln of the 95 % quantile of the answer time since the onset over before it",
        )
        .raises(&[ServingHealth])
        .reads("slower or faster; weak by itself");
        SERVING_LATENCY_MEDIAN = SignalSpec::new(
            Group::Serving,
            "serving.latency_median",
            &checks::SERVING_LATENCY,
            "ln of the median answer time since the onset over before it",
        )
        .raises(&[ServingHealth])
        .reads("slower or faster; weak by itself");
        SERVING_HOURS = SignalSpec::new(
            Group::Serving,
            "serving.hours",
            &checks::SERVING_HOURS,
            "part of the loss that the hour of the day explains, less that before",
        )
        .raises(&[ServingHealth])
        .reads("peak saturation; also hourly drift");
        SERVING_VOLUME_LINK = SignalSpec::new(
            Group::Serving,
            "serving.volume_link",
            &checks::SERVING_HOURS,
            "rank correlation of rows and mean loss by hour, less that before",
        )
        .raises(&[ServingHealth])
        .reads("saturation under traffic");
        SERVING_ANSWER_SPIKE = SignalSpec::new(
            Group::Serving,
            "serving.answer_spike",
            &checks::SERVING_ANSWERS,
            "rise of the most frequent exact answer's share",
        )
        .raises(&[ServingHealth, ModelRegression])
        .reads("fallback; a damaged model");
        SERVING_SPIKE_LOSS = SignalSpec::new(
            Group::Serving,
            "serving.spike_loss",
            &checks::SERVING_ANSWERS,
            "share of the excess loss in the rows of that answer, less these rows' share",
        )
        .raises(&[ServingHealth])
        .reads("1: fallback answers");
        SERVING_REPEATED_ANSWERS = SignalSpec::new(
            Group::Serving,
            "serving.repeated_answers",
            &checks::SERVING_ANSWERS,
            "rise of the share of answers that another row also got, at equal rows",
        )
        .raises(&[ServingHealth, ModelRegression])
        .reads("cached answers; a coarser model");
        SERVING_ANSWER_DISTINCT = SignalSpec::new(
            Group::Serving,
            "serving.answer_distinct",
            &checks::SERVING_ANSWERS,
            "ln of distinct answers since over before the onset, at equal rows",
        )
        .lowers(&[ServingHealth])
        .reads("another or a mixed model; 0: the same");
        SERVING_ANSWER_DIGITS = SignalSpec::new(
            Group::Serving,
            "serving.answer_digits",
            &checks::SERVING_ANSWERS,
            "rise of the share of answers with at most three decimals",
        )
        .raises(&[ServingHealth])
        .reads("fallback, mixed versions");
        SERVING_STRANGE_LINK = SignalSpec::new(
            Group::Serving,
            "serving.strange_link",
            &checks::SERVING_STRANGE_LINK,
            "distance from ½ of AUC(answer time; strange answer), either sign",
        )
        .raises(&[ServingHealth])
        .lowers(&[ModelRegression])
        .reads("serving: time-outs and caches; 0 for another model");
        SERVING_STRANGE_LOAD = SignalSpec::new(
            Group::Serving,
            "serving.strange_load",
            &checks::SERVING_STRANGE_LOAD,
            "the same for CPU and memory, the larger one",
        )
        .raises(&[ServingHealth])
        .lowers(&[ModelRegression])
        .reads("serving: saturation, leak");
    }
}
