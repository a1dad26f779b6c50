//! Delivery: how every column arrives, and what happened near the onset.

pub(super) mod checks {
    use super::super::{
        CheckSpec, ExamName,
        Need::{Clock, Events, Onset, Rows, Sources},
        Stage, declare, measures,
    };
    use crate::autopsy::Step;

    const fn check(id: &'static str, name: &'static str, asks: &'static str) -> CheckSpec {
        CheckSpec::new(ExamName::Pipeline, Step::Pipeline, Some(Stage::Ingestion), id, name, asks)
    }

    declare! { CheckSpec:
        PIPELINE_SCHEMA = check(
            "pipeline.schema",
            "pipeline schema",
            "Whether every column arrives with its type",
        )
        .measures(&[&measures::COLUMNS_WITH_TYPE]);
        PIPELINE_ALTERED = check(
            "pipeline.altered",
            "pipeline altered",
            "How many columns arrive otherwise than in training",
        )
        .measures(&[&measures::ALTERED_COLUMNS]);
        PIPELINE_ABSENT = check("pipeline.absent", "pipeline absent", "Whether production lacks a column")
            .measures(&[&measures::ABSENT]);
        PIPELINE_TYPE = check(
            "pipeline.type",
            "pipeline type",
            "Whether a column is stored as another type",
        )
        .measures(&[&measures::STORED_TYPE]);
        PIPELINE_FRACTIONS = check(
            "pipeline.fractions",
            "pipeline fractions",
            "Whether a column of whole numbers holds fractions",
        )
        .measures(&[&measures::FRACTIONS])
        .needs(&[Rows]);
        PIPELINE_NULLS = check("pipeline.nulls", "pipeline nulls", "Whether values went missing")
            .measures(&[&measures::MISSING, &measures::LARGEST_MISSING]);
        PIPELINE_UNREADABLE = check(
            "pipeline.unreadable",
            "pipeline unreadable",
            "Whether numbers arrive as text that is not a number",
        )
        .measures(&[&measures::UNREADABLE]);
        PIPELINE_RANGE = check(
            "pipeline.range",
            "pipeline range",
            "Whether numbers lie out of training's range",
        )
        .measures(&[&measures::OUTSIDE, &measures::LARGEST_OUTSIDE]);
        PIPELINE_UNSEEN = check(
            "pipeline.unseen",
            "pipeline unseen",
            "Whether levels occur that were never seen in training",
        )
        .measures(&[&measures::OUTSIDE, &measures::LARGEST_OUTSIDE]);
        PIPELINE_MODE = check("pipeline.mode", "pipeline mode", "Whether one value has taken over a column")
            .measures(&[&measures::MOST_FREQUENT_VALUE, &measures::LARGEST_VALUE_RISE])
            .needs(&[Rows])
            .missed_without_rows();
        PIPELINE_CONSTANT = check(
            "pipeline.constant",
            "pipeline constant",
            "Whether a column became constant",
        )
        .measures(&[&measures::MOST_FREQUENT_VALUE])
        .needs(&[Rows]);
        PIPELINE_SENTINEL = check(
            "pipeline.sentinel",
            "pipeline sentinel",
            "Whether a sentinel such as −999 has appeared",
        )
        .measures(&[&measures::SENTINEL])
        .needs(&[Rows])
        .missed_without_rows();
        PIPELINE_FILLED = check(
            "pipeline.filled",
            "pipeline filled",
            "Whether missing values became one value such as 0 or −1",
        )
        .measures(&[&measures::MISSING])
        .needs(&[Rows])
        .missed_without_rows();
        PIPELINE_BOUND = check("pipeline.bound", "pipeline bound", "Whether values are clipped at a bound")
            .measures(&[&measures::ONE_SIDED])
            .needs(&[Rows]);
        PIPELINE_REST = check(
            "pipeline.rest",
            "pipeline rest",
            "Whether the other values stayed as they were where one took over",
        )
        .measures(&[&measures::REST_PSI])
        .needs(&[Rows]);
        PIPELINE_LEVELS_GONE = check(
            "pipeline.levels_gone",
            "pipeline levels gone",
            "Whether levels in use are no longer sent",
        )
        .measures(&[&measures::LEVELS_GONE])
        .needs(&[Rows]);
        PIPELINE_DISTINCT_LOST = check(
            "pipeline.distinct_lost",
            "pipeline distinct lost",
            "Whether numbers became coarser",
        )
        .measures(&[&measures::DISTINCT_FALL])
        .needs(&[Rows, Onset]);
        PIPELINE_DISTINCT_GAINED = check(
            "pipeline.distinct_gained",
            "pipeline distinct gained",
            "Whether numbers became finer",
        )
        .measures(&[&measures::DISTINCT_RISE])
        .needs(&[Rows, Onset]);
        PIPELINE_SPELLING = check(
            "pipeline.spelling",
            "pipeline spelling",
            "Whether levels are spelt differently",
        )
        .measures(&[&measures::RESPELT])
        .needs(&[Rows])
        .missed_without_rows();
        PIPELINE_SWAP = check("pipeline.swap", "pipeline swap", "Whether columns were swapped or copied")
            .measures(&[&measures::SWAP_FIT])
            .needs(&[Rows])
            .missed_without_rows();
        PIPELINE_COPY = check(
            "pipeline.copy",
            "pipeline copy",
            "Whether a column holds another one's values",
        )
        .measures(&[&measures::COPIED_ROWS])
        .needs(&[Rows, Onset]);
        PIPELINE_SAME_ROWS = check(
            "pipeline.same_rows",
            "pipeline same rows",
            "Whether faulty columns fail on the same rows",
        )
        .measures(&[&measures::JACCARD])
        .needs(&[Rows]);
        PIPELINE_SOURCE = check(
            "pipeline.source",
            "pipeline source",
            "Whether one source delivers the faulty columns",
        )
        .measures(&[&measures::HYPERGEOMETRIC])
        .needs(&[Sources]);
        PIPELINE_DUPLICATES = check(
            "pipeline.duplicates",
            "pipeline duplicates",
            "Whether rows are delivered twice",
        )
        .measures(&[&measures::REPEATED_ROWS])
        .needs(&[Rows]);
        PIPELINE_VOLUME = check(
            "pipeline.volume",
            "pipeline volume",
            "Whether rows come as evenly as before",
        )
        .measures(&[&measures::ODD_WINDOWS])
        .needs(&[Clock]);
        PIPELINE_EVENTS = check(
            "pipeline.events",
            "pipeline events",
            "Whether an event was recorded near the onset",
        )
        .measures(&[&measures::EVENT_DISTANCE])
        .needs(&[Events, Onset]);
    }
}

pub(super) mod signals {
    use super::super::{Group, SignalSpec, checks, declare};
    use crate::autopsy::Cause::{
        ConceptDrift, DataDrift, FeatureRecalibration, FeatureUnavailable, LabelBias, ModelRegression,
        ServingHealth, TrainingServingSkew, UpstreamPipeline,
    };

    declare! { SignalSpec:
        PIPELINE_NULL_JUMP = SignalSpec::new(
            Group::Pipeline,
            "pipeline.null_jump",
            &checks::PIPELINE_NULLS,
            "largest significant rise of a missing share",
        )
        .raises(&[FeatureUnavailable])
        .reads("feature unavailable; several at once: upstream");
        PIPELINE_NULL_COUNT = SignalSpec::new(
            Group::Pipeline,
            "pipeline.null_count",
            &checks::PIPELINE_NULLS,
            "ln(1 + features whose missing share rose)",
        )
        .raises(&[FeatureUnavailable, UpstreamPipeline])
        .reads("1: one feature; more: a source");
        PIPELINE_ABSENT = SignalSpec::new(
            Group::Pipeline,
            "pipeline.absent",
            &checks::PIPELINE_SCHEMA,
            "ln(1 + columns that production lacks)",
        )
        .raises(&[FeatureUnavailable, UpstreamPipeline])
        .reads("feature unavailable, schema change");
        PIPELINE_UNREADABLE = SignalSpec::new(
            Group::Pipeline,
            "pipeline.unreadable",
            &checks::PIPELINE_UNREADABLE,
            "largest share of values that are not numbers",
        )
        .raises(&[UpstreamPipeline])
        .reads("upstream type change");
        PIPELINE_FRACTIONS = SignalSpec::new(
            Group::Pipeline,
            "pipeline.fractions",
            &checks::PIPELINE_FRACTIONS,
            "largest rise of fractions in a column of whole numbers",
        )
        .raises(&[FeatureRecalibration, FeatureUnavailable])
        .reads("rescaled, filled with a mean");
        PIPELINE_OUTSIDE = SignalSpec::new(
            Group::Pipeline,
            "pipeline.outside",
            &checks::PIPELINE_RANGE,
            "largest rise of values out of training's range",
        )
        .raises(&[FeatureRecalibration, UpstreamPipeline, LabelBias])
        .reads("recalibration, sentinel, new users");
        PIPELINE_UNSEEN = SignalSpec::new(
            Group::Pipeline,
            "pipeline.unseen",
            &checks::PIPELINE_UNSEEN,
            "largest rise of levels never seen in training",
        )
        .raises(&[FeatureRecalibration, TrainingServingSkew, LabelBias])
        .reads("new users, recoding, spelling");
        PIPELINE_SPELLING = SignalSpec::new(
            Group::Pipeline,
            "pipeline.spelling",
            &checks::PIPELINE_SPELLING,
            "share of one column's values that are known levels spelt differently",
        )
        .raises(&[TrainingServingSkew, UpstreamPipeline])
        .reads("upstream or serving format");
        PIPELINE_SENTINEL = SignalSpec::new(
            Group::Pipeline,
            "pipeline.sentinel",
            &checks::PIPELINE_SENTINEL,
            "largest new point mass out of training's range",
        )
        .raises(&[UpstreamPipeline])
        .reads("upstream default");
        PIPELINE_FILLED = SignalSpec::new(
            Group::Pipeline,
            "pipeline.filled",
            &checks::PIPELINE_FILLED,
            "share of rows with one value where values were missing before, where both shares agree",
        )
        .raises(&[FeatureUnavailable, UpstreamPipeline])
        .reads("a missing value arrives as a number");
        PIPELINE_MODE_JUMP = SignalSpec::new(
            Group::Pipeline,
            "pipeline.mode_jump",
            &checks::PIPELINE_MODE,
            "largest rise of one value's share",
        )
        .raises(&[FeatureUnavailable])
        .reads("default flood, frozen; drift moves it less");
        PIPELINE_BOUND = SignalSpec::new(
            Group::Pipeline,
            "pipeline.bound",
            &checks::PIPELINE_BOUND,
            "share of a risen value's rows that came from one side of it",
        )
        .raises(&[TrainingServingSkew])
        .lowers(&[FeatureUnavailable])
        .reads("1: cut off there; less: a default");
        PIPELINE_REST_MOVED = SignalSpec::new(
            Group::Pipeline,
            "pipeline.rest_moved",
            &checks::PIPELINE_REST,
            "PSI of the column without the value that took over",
        )
        .raises(&[FeatureRecalibration, TrainingServingSkew])
        .lowers(&[FeatureUnavailable]);
        PIPELINE_LEVELS_GONE = SignalSpec::new(
            Group::Pipeline,
            "pipeline.levels_gone",
            &checks::PIPELINE_LEVELS_GONE,
            "largest share of rows whose level is gone",
        )
        .raises(&[FeatureRecalibration, UpstreamPipeline])
        .reads("codes merged, cut or replaced");
        PIPELINE_DISTINCT_LOST = SignalSpec::new(
            Group::Pipeline,
            "pipeline.distinct_lost",
            &checks::PIPELINE_DISTINCT_LOST,
            "largest fall in distinct numbers at equal row counts, as a logarithm",
        )
        .raises(&[FeatureRecalibration, FeatureUnavailable])
        .reads("coarser; blurred, recomputed");
        PIPELINE_DISTINCT_GAINED = SignalSpec::new(
            Group::Pipeline,
            "pipeline.distinct_gained",
            &checks::PIPELINE_DISTINCT_GAINED,
            "largest rise in distinct numbers at equal row counts, as a logarithm",
        )
        .raises(&[FeatureRecalibration, TrainingServingSkew])
        .reads("coarser; blurred, recomputed");
        PIPELINE_CONSTANT = SignalSpec::new(
            Group::Pipeline,
            "pipeline.constant",
            &checks::PIPELINE_CONSTANT,
            "ln(1 + features that became constant)",
        )
        .raises(&[FeatureUnavailable])
        .reads("feature unavailable");
        PIPELINE_SAME_ROWS = SignalSpec::new(
            Group::Pipeline,
            "pipeline.same_rows",
            &checks::PIPELINE_SAME_ROWS,
            "largest Jaccard index of two features' faulty rows",
        )
        .raises(&[UpstreamPipeline])
        .reads("one broken join or source");
        PIPELINE_SWAP = SignalSpec::new(
            Group::Pipeline,
            "pipeline.swap",
            &checks::PIPELINE_SWAP,
            "how well each of two columns' values fit the other's distribution, 0..1",
        )
        .raises(&[UpstreamPipeline])
        .reads("upstream swap");
        PIPELINE_DUPLICATES = SignalSpec::new(
            Group::Pipeline,
            "pipeline.duplicates",
            &checks::PIPELINE_DUPLICATES,
            "rise of the share of repeated rows or ids",
        )
        .raises(&[UpstreamPipeline])
        .reads("upstream replay");
        PIPELINE_VOLUME = SignalSpec::new(
            Group::Pipeline,
            "pipeline.volume",
            &checks::PIPELINE_VOLUME,
            "ln of the ratio of rows per day after to before the onset",
        )
        .raises(&[UpstreamPipeline, ServingHealth])
        .reads("traffic or ingestion changed");
        PIPELINE_SOURCE = SignalSpec::new(
            Group::Pipeline,
            "pipeline.source",
            &checks::PIPELINE_SOURCE,
            "−log10 p of faulty features falling into one source by chance",
        )
        .raises(&[UpstreamPipeline])
        .lowers(&[FeatureRecalibration])
        .reads("upstream");
        PIPELINE_FLAGGED_SHARE = SignalSpec::new(
            Group::Pipeline,
            "pipeline.flagged_share",
            &checks::PIPELINE_ALTERED,
            "share of the features with a delivery finding, or with a PSI of 0.25 or more",
        )
        .raises(&[UpstreamPipeline])
        .reads("upstream, when several");
        EVENTS_MODEL = SignalSpec::new(
            Group::Events,
            "events.model",
            &checks::PIPELINE_EVENTS,
            "ln of how unlikely a deploy of the model so near the onset is by chance",
        )
        .raises(&[ModelRegression])
        .reads("that kind of cause, weakly");
        EVENTS_DATA = SignalSpec::new(
            Group::Events,
            "events.data",
            &checks::PIPELINE_EVENTS,
            "ln of how unlikely a change of the data so near the onset is by chance",
        )
        .raises(&[UpstreamPipeline, FeatureRecalibration])
        .reads("that kind of cause, weakly");
        EVENTS_SERVING = SignalSpec::new(
            Group::Events,
            "events.serving",
            &checks::PIPELINE_EVENTS,
            "ln of how unlikely a change of serving so near the onset is by chance",
        )
        .raises(&[ServingHealth, TrainingServingSkew])
        .reads("that kind of cause, weakly");
        EVENTS_WORLD = SignalSpec::new(
            Group::Events,
            "events.world",
            &checks::PIPELINE_EVENTS,
            "ln of how unlikely an event outside of the system so near the onset is by chance",
        )
        .raises(&[DataDrift, ConceptDrift, LabelBias])
        .reads("that kind of cause, weakly");
    }
}
