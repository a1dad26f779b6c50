//! The measures that findings name: what each number means and how it is computed.

use super::{Measure, declare};

const fn measure(
    name: &'static str,
    means: &'static str,
    how: &'static str,
    source: &'static str,
) -> Measure {
    Measure { name, means, how, source }
}

declare! { Measure:
    LOSS_SHARE = measure(
        "share of the loss",
        "Which part of the loss since the onset arose at one place on the way of the data.",
        "The place's line of the account over the whole loss; 0 where the line is within two standard errors.",
        "after Budhathoki, Janzing, Bloebaum and Ng 2021",
    );
    BUSINESS = measure(
        "business metric",
        "By how much a column of the log that the contract calls a metric got worse: a rate, a mean, money.",
        "Difference of the means before and since the onset, with Welch's standard error; a rate has Wilson's interval.",
        "Welch 1947; Wilson 1927",
    );
    SELECTION_RATIO = measure(
        "ratio of the shares of positive answers",
        "How often the group that is chosen least is answered with the positive class, over the group that is chosen most; below 0.8 is the four-fifths rule.",
        "Ratio of two shares, with the interval of its logarithm. It alarms where it fell below 0.8 since the onset beyond noise, or where recall or the false positive rate drifted apart between groups.",
        "29 CFR 1607.4 D (1978); Katz, Baptista, Azen and Pike 1978; Hardt, Price and Srebro 2016",
    );
    VERSION_LOSS = measure(
        "added loss of the newest version",
        "By how much the newest version of the model loses more a row than the oldest, on the days that all versions answered.",
        "Difference of the mean losses with Welch's standard error.",
        "Welch 1947",
    );
    UNKNOWN_TERMS = measure(
        "mean share of unknown terms",
        "Which part of a text's terms (runs of letters and digits) training does not hold: new names, other spellings, another language.",
        "Mean over the texts since the onset, against the texts before it.",
        "",
    );
    DOMAIN_AUC = measure(
        "AUC of a classifier of the periods",
        "How well vectors before and since the onset can be told apart, by their entries and their length: 0.5 not at all, 1 wholly.",
        "Boosted trees on the entries (of long vectors, on 48 random directions) and the length, out of fold, with DeLong's error.",
        "Lopez-Paz and Oquab 2017; Achlioptas 2003; DeLong et al. 1988",
    );
    ECE = measure(
        "ECE",
        "How far the scores are from the observed frequencies: at 0.10 a score of 0.7 means about 0.6 or 0.8.",
        "Rows in ten bins of equal count by score; the mean distance of score and share, weighted by rows.",
        "Naeini et al. 2015",
    );
    PSI = measure(
        "PSI",
        "How far a distribution moved from training; the case's thresholds set the value from which it is worth a look (a rule of thumb: the test against noise counts as well).",
        "Σ (p − q) ln(p/q) over the deciles of training, ½ added to each bin's count, less what that many rows show by chance.",
        "Yurdakul 2018; Yurdakul and Naranjo 2020",
    );
    LARGEST_PSI = PSI.named("largest PSI");
    KS = measure(
        "KS",
        "Largest distance between the two distribution functions: 0 the same, 1 no overlap.",
        "Of the sampled values; in a profile, which holds counts only, over its bins.",
        "Kolmogorov 1933; Smirnov 1948",
    );
    WASSERSTEIN = measure(
        "W₁",
        "How far the values would have to be moved to match training's, in training's standard deviations.",
        "Wasserstein-1 distance of the sampled values, or of the bins of a profile, over the standard deviation.",
        "Vallender 1974",
    );
    JENSEN_SHANNON = measure(
        "JS",
        "Distance of two distributions from 0 (the same) to 1 (nothing in common), for numbers and categories alike.",
        "Square root of the Jensen-Shannon divergence to base 2.",
        "Lin 1991; Endres and Schindelin 2003",
    );
    CRAMERS_V = measure(
        "Cramér's V",
        "How strongly a category depends on the period: 0 not at all, 1 wholly.",
        "From χ² of levels by period, corrected for bias.",
        "Bergsma 2013",
    );
    ANSWERS_PSI = PSI.named("PSI of the answers");
    LABELS_PSI = PSI.named("PSI of the labels");
    MOVED_INPUTS = measure(
        "inputs that moved",
        "How many features differ from training beyond the threshold and beyond noise.",
        "PSI over the threshold, with the false discovery rate held to 1 % over all features.",
        "Benjamini and Hochberg 1995",
    );
    FEATURES_IN_STEP = measure(
        "features in step",
        "How many features rose and fell together: one source, or one cause.",
        "Spearman's correlation of their PSI by window with that of the feature that moved most.",
        "Spearman 1904",
    );
    OUTSIDE = measure(
        "share of values never seen in training",
        "Rows whose value lies out of training's range, or is a level never seen in training; one such value that is frequent is a sentinel.",
        "Counted over all rows, exact.",
        "",
    );
    LARGEST_OUTSIDE = OUTSIDE.named("largest share of values never seen in training");
    SENTINEL = OUTSIDE.named("share of one new value out of range");
    ANSWERS_SHIFT = measure(
        "relative shift of the answers",
        "Whether the model's answers changed: its mean, its mix of classes, how confident it is. Needs no labels.",
        "Against the answers in the reference rows, relative to them.",
        "",
    );
    ANSWERS_VARIATION = ANSWERS_SHIFT.named("total variation of the answers");
    CONFIDENCE = ANSWERS_SHIFT.named("mean confidence |2p − 1|");
    FOREIGN_PART = measure(
        "share of the rows whose part belongs to another row",
        "Rows in which a source, or a feature, does not fit the rest of the row, though each of its values is usual: a join that crossed rows.",
        "How much the pairs of values that go together lost, over what they lose when that part is taken from another row.",
        "Fano 1961",
    );
    MISSING = measure(
        "share of missing values",
        "Rows without a value; a column that is gone is missing on all rows.",
        "Counted over all rows; the difference of two shares by Newcombe's interval.",
        "Newcombe 1998",
    );
    LARGEST_MISSING = MISSING.named("largest share of missing values");
    ABSENT = MISSING.named("share of rows without the column");
    UNREADABLE = measure(
        "share of unreadable values",
        "Whether the values arrive in the type that training had.",
        "Stored types compared; texts that are not numbers, and fractions in a whole-number column, are counted.",
        "",
    );
    STORED_TYPE = UNREADABLE.named("stored type");
    COLUMNS_WITH_TYPE = UNREADABLE.named("columns that arrive with their type");
    ALTERED_COLUMNS = measure(
        "share of altered columns",
        "How many columns arrive otherwise than in training; several at once point at what delivers them.",
        "Columns that a check of the delivery flags, or whose PSI against training is 0.25 or more, over all columns.",
        "",
    );
    FRACTIONS = UNREADABLE.named("share of fractions");
    REPEATED_ROWS = measure(
        "share of repeated rows",
        "Rows delivered more than once.",
        "By the row's id, else by its content within one window.",
        "",
    );
    RESPELT = measure(
        "share of respelt levels",
        "One value, level or answer that takes over: a default, a constant, a cache, another spelling.",
        "Its share since the onset less the share before.",
        "",
    );
    MOST_FREQUENT_VALUE = RESPELT.named("share of the most frequent value");
    LARGEST_VALUE_RISE = RESPELT.named("largest rise of one value's share");
    ANSWER_RISE = RESPELT.named("rise of one exact answer's share");
    MOST_FREQUENT_ANSWER = RESPELT.named("share of the most frequent answer");
    ONE_SIDED = measure(
        "share of a risen value's rows that came from one side",
        "Whether values are clipped at a bound (1) or replaced by a default, which takes rows from both of its sides (less).",
        "The larger loss of share below or above the value over what the value gained.",
        "docs/method.md 3",
    );
    LEVELS_GONE = measure(
        "largest share of rows whose level is gone",
        "Whether codes in use are no longer sent: merged, cut short or replaced; a population hardly ever does that.",
        "Levels that keep less than a tenth of their share, by their share before.",
        "",
    );
    DISTINCT_FALL = measure(
        "largest fall of distinct numbers (natural logarithm)",
        "Whether numbers are coarser than before, or recomputed into more different ones; 0.69 is a factor of two.",
        "Distinct numbers on as many rows of either side.",
        "",
    );
    DISTINCT_RISE = DISTINCT_FALL.named("largest rise of distinct numbers (natural logarithm)");
    REST_PSI = measure(
        "PSI without the value that took over",
        "Whether a value that took over was filled in anywhere (0) or others were mapped onto it, or moved besides (more).",
        "PSI with the bin that gained most left out on both sides.",
        "docs/method.md 3",
    );
    ODD_WINDOWS = measure(
        "windows with a gap or burst",
        "Windows with far fewer or more rows than usual.",
        "Against the median window; odd when many standard deviations off and by a factor.",
        "",
    );
    COPIED_ROWS = measure(
        "share of rows with the other column's value",
        "Whether two columns were exchanged.",
        "How well each column's values fit the other one's training distribution.",
        "",
    );
    SWAP_FIT = COPIED_ROWS.named("fit of the other column's values");
    JACCARD = measure(
        "Jaccard index of the faulty rows",
        "Whether faults of one source sit in the same rows.",
        "Rows affected by both faults over rows affected by either.",
        "Jaccard 1901",
    );
    HYPERGEOMETRIC = measure(
        "hypergeometric p-value",
        "Chance that so many of one source's features would be faulty by luck.",
        "Drawing that many features from all, without replacement.",
        "Fisher 1935",
    );
    EVENT_DISTANCE = measure(
        "hours from the nearest event to the onset",
        "How close in time: an event just before the onset is a suspect, not a proof; a clock that is off joins the wrong rows.",
        "Differences of timestamps.",
        "",
    );
    CLOCK_LAG = EVENT_DISTANCE.named("hours off the timestamp");
    LATENCY_P95 = measure(
        "p95 of the answer time in ms",
        "Whether the serving system was slow or full.",
        "The 95 % quantile of latency, and windows over the utilization threshold.",
        "",
    );
    OVERLOADED_WINDOWS = LATENCY_P95.named("share of overloaded windows");
    FAR_FROM_SURROGATE = measure(
        "share of answers far from what the surrogate says",
        "Whether the service answered what the model says: other answers point at caches, fallbacks or preprocessing.",
        "The artefact (else a surrogate of it) answers the logged rows again.",
        "",
    );
    UNLOGGED = measure(
        "share of rows answered by another value of an input",
        "Whether the model sees the values that are logged: an encoder fitted on each batch, or a lookup of its own, does not show in any column.",
        "The launch model's answers for the logged values, and for other values of one input, against the logged answers.",
        "own construction; docs/method.md 3",
    );
    REPLAY_MISMATCH = FAR_FROM_SURROGATE.named("share of logged answers that the artefact does not reproduce");
    LOSS_BY_HOUR = FAR_FROM_SURROGATE.named("R² of the loss by hour of the day, adjusted");
    KAPPA = measure(
        "co-movement, the share of its move that related features follow",
        "About 1 where the population moved, about 0 where the feature alone was altered.",
        "Its move as the other features predict it, over its move, over the variance that they explain.",
        "own construction; docs/method.md 3",
    );
    MAP_RATIO = measure(
        "distance left after undoing the map",
        "What is left of a feature's move once a unit, scale or code change is undone: near 0, the map explains it.",
        "KS distance to the reference after the inverse map, over the distance before.",
        "own construction; docs/method.md 3",
    );
    LEFT_LATTICE = measure(
        "largest share of the rows that left training's value grid",
        "Whether numbers still lie on training's value grid (cents, years, hundredths): what was multiplied, shifted or blurred on its way does not, however little it moved.",
        "Within 3 % of the gap between two training values; a single factor or offset that maps them back is taken to be what was done.",
        "docs/method.md 3",
    );
    BACK_ON_LATTICE = LEFT_LATTICE.named("share of the rows back on training's values");
    MOVED_WEIGHT = measure(
        "share of the score's variance due to inputs that moved",
        "Whether what moved matters to the model: near 0 a change is real but harmless.",
        "Variances of the features' parts of the score, by the surrogate.",
        "docs/method.md 3",
    );
    REPAIR_GAIN = measure(
        "gain of the repair in loss a row",
        "How much the loss per row falls when the suspected fault is undone, and what share of the loss since the onset that is.",
        "The logged loss less that of the repaired rows, scored by the artefact or, failing that, by a surrogate of the launch model; paired. The share's interval is Fieller's.",
        "Budhathoki et al. 2021; Fieller 1954",
    );
    CHANGE_RATE = measure(
        "rate of change between an entity's visits, after over before",
        "Whether a feature went stale: it changes less from visit to visit than it did.",
        "Share of successive visits of one entity with another value, after over before.",
        "",
    );
    PARITY = measure(
        "share of rows that differ from the training pipeline",
        "Whether serving computes what training computed.",
        "Served values against the offline snapshot's, row by row, joined by id.",
        "",
    );
    PARITY_FEATURES = PARITY.named("features that differ from the training pipeline");
    DEPENDENCE = measure(
        "dependence on the other features, after over before",
        "Whether a feature still belongs to its row: joined from the wrong rows it depends on nothing.",
        "Correlation of the feature with what the others predict, after over before.",
        "",
    );
    REFERENCE_RISE = measure(
        "rise in loss of the reference learner",
        "Whether a learner fitted on the training labels fails as well: then the world changed; if only the deployed model does, it is the model.",
        "Rise in loss of that learner, out of fold, beside the deployed model's.",
        "docs/method.md 3",
    );
    PAIRED_LOSS = REFERENCE_RISE.named("paired loss in standard errors");
    IMPORTANCE_AGREEMENT = measure(
        "agreement of the importance",
        "How far the order of the inputs by their weight in the answers is that of before: 1 is the same order; below 0.9 another one.",
        "Normalised discounted cumulative gain of the mean absolute attributions (exact Shapley values of the model's learnt function) since the onset, with those before as gains.",
        "Järvelin and Kekäläinen 2002; Lundberg et al. 2020",
    );
    CHALLENGER_GAIN = measure(
        "loss saved by the challenger",
        "Whether a model refitted on recent rows answers them better.",
        "Cross-validated on the rows after the onset, loss against the deployed model's on the same rows, paired.",
        "",
    );
    AUC_DISTANCE = measure(
        "distance of the AUC from ½",
        "Whether costly or strange answers come at a different latency or load from the others: 0 not at all, ½ always.",
        "ROC AUC of the latency (or load) between the two groups of answers, less ½.",
        "DeLong et al. 1988",
    );
    RELATION_PART = measure(
        "part of the rise in loss from the relation",
        "The rise in loss split into: other inputs, another relation, rows that are rare in the earlier period.",
        "Doubly robust: reweighting and a model of the loss, each correcting the other.",
        "Singh et al. 2024",
    );
    CARRIED = RELATION_PART.named("share of the rise in loss");
    OUTSIDE_LOSS = RELATION_PART.named("share of the rise in loss on rows outside");
    LIKELIHOOD = measure(
        "twice the log-likelihood per row",
        "How much better the outcome is explained when the relation may differ from the model's.",
        "Likelihood ratio of nested corrections of the score, out of fold.",
        "",
    );
    RESIDUAL = measure(
        "mean residual",
        "Truth less score: what the model misses in this part of the rows, with its sign.",
        "Mean over the segment, before and after the onset.",
        "",
    );
    OUTCOME_SHARE = measure(
        "share of the outcome",
        "Whether the mix of outcomes changed, from labels or from the answers alone.",
        "Shares with intervals; without labels by black-box shift estimation.",
        "Lipton et al. 2018; Saerens et al. 2002",
    );
    ESTIMATED_SHIFT = OUTCOME_SHARE.named("shift of the outcomes' shares estimated from the answers");
    PRIOR_EXPONENT = measure(
        "exponent of the outcome's shift among rows with the same answer",
        "Whether the outcome's frequency moved because the inputs did (0), by itself (1), or because the relation changed (beyond).",
        "The λ under which P(y | answer) · (P(y) after over before)^λ of the rows before fits those after best.",
        "Schölkopf et al. 2012; Efron and Tibshirani 1996",
    );
    DAY_DISPERSION = measure(
        "variance of the days' outcomes over chance",
        "Whether the mix of outcomes comes and goes: 1 is chance, far more means that days differ in their mix.",
        "Mean square between the days over mean square within, the hour of the day taken out.",
        "Fisher 1925; McCullagh and Nelder 1989",
    );
    LOSS_BEYOND_ROWS = measure(
        "share of the added loss beyond the rows' share",
        "Whether one part of the rows carries the loss.",
        "Its share of the added loss less its share of the rows; found on one half of the rows, tested on the other.",
        "Sagadeeva and Boehm 2021",
    );
    ROWS_OUTSIDE = measure(
        "share of rows outside of training",
        "Rows of a kind never seen in training: the model guesses there.",
        "Unseen levels, values out of range, rare pairs, and the distance to the nearest training row against training's own.",
        "",
    );
    UNSEEN_ROWS = ROWS_OUTSIDE.named("rows with unseen levels");
    VECTOR_SIMILARITY = ROWS_OUTSIDE.named("mean cosine to the nearest training vector");
    LABELLED = measure(
        "share of labelled rows",
        "How many labels have come; the metric is computed on those alone.",
        "Labelled rows over rows, by age of the row.",
        "",
    );
    METRIC = measure(
        "a metric of the model",
        "How well the model does, in the metric that the finding names.",
        "From labels and answers; without labels, estimated from the scores or a model of the loss.",
        "",
    );
}
