"""Makes small ONNX models with the exporters people use, and what onnxruntime answers on a few rows.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python make.py [NAME ...]

For each model it writes NAME.onnx and NAME.json: task, class names (binary: negative, positive), the features' values,
and the expected prediction (class index or value) and score (probability of the positive class), from onnxruntime with
one thread (with more, it adds trees up in another order). Same versions, same files.
"""

import json
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (GradientBoostingClassifier, GradientBoostingRegressor, HistGradientBoostingClassifier,
                              HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, SVR

HERE = Path(__file__).parent
OPSET = {"": 17, "ai.onnx.ml": 3}
NUMERIC, CATEGORICAL = ["income", "age", "Debt ratio"], ["city", "grade"]
MADE: dict = {}


def rows(n: int, seed: int) -> pd.DataFrame:
    """Three numbers (one with gaps), a category with gaps, and a category written in digits."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame({"income": rng.normal(3, 1, n), "age": rng.integers(18, 80, n), "Debt ratio": rng.exponential(1, n)})
    x = x.astype("float32")
    x.loc[rng.random(n) < 0.15, "income"] = np.nan
    x["city"] = rng.choice(["Paris", "Rome", "Oslo", None], n)
    x["grade"] = rng.choice(["1", "2", "3"], n)
    return x


def target(x: pd.DataFrame) -> np.ndarray:
    """A number that depends on everything."""
    rng = np.random.default_rng(7)
    city = x["city"].map({"Paris": 1.0, "Rome": -1.0}).fillna(0.0)
    return (x["income"].fillna(2.0) - x["Debt ratio"] + city + x["age"] / 40 + rng.normal(0, 0.3, len(x))).to_numpy()


def classes_of(value: np.ndarray, names: list) -> np.ndarray:
    """The value cut into as many equal parts as there are names."""
    cuts = np.quantile(value, np.linspace(0, 1, len(names) + 1)[1:-1])
    return np.asarray(names)[np.searchsorted(cuts, value)]


TRAIN, SHOW = rows(300, 1), rows(24, 2)
VALUE = target(TRAIN)
BINARY, THREE, DIGITS = (classes_of(VALUE, names) for names in (["no", "yes"], ["high", "low", "mid"], [0, 1]))


def as_input(x: pd.DataFrame) -> pd.DataFrame:
    """Features as models take them: a missing category is the text `missing`."""
    return x.assign(**{c: x[c].astype(object).where(x[c].notna(), "missing") for c in CATEGORICAL})


def record(name: str, model: bytes, task: str, classes: list, columns: list, numbers: dict | None = None) -> None:
    """Writes a model, and what onnxruntime answers on the rows that are shown.

    numbers: columns that enter a matrix of numbers in another form.
    """
    x = as_input(SHOW)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    inputs = session.get_inputs()
    if len(inputs) == 1 and len(columns) > 1:
        matrix = x[columns].to_numpy()
        text = inputs[0].type == "tensor(string)"
        feed = {inputs[0].name: matrix.astype(str).astype(object) if text else matrix.astype(np.float32)}
    else:
        by_name = {c.replace(" ", "_").lower(): c for c in columns}
        feed = {i.name: x[[by_name[i.name.lower()]]].to_numpy() for i in inputs}
    answers = session.run(None, feed)
    if task == "regression":
        prediction, score = np.asarray(answers[0], float).ravel(), []
    else:
        texts = [str(c) for c in classes]
        prediction = [texts.index(str(label)) for label in answers[0]]
        score = []
        if task == "binary":
            named = isinstance(answers[1], list)
            score = [row[classes[1]] for row in answers[1]] if named else answers[1][:, sorted(texts).index(texts[1])]
    features = []
    for c in columns:
        key = "texts" if c in CATEGORICAL else "numbers"
        features.append({"name": c, key: [None if pd.isna(v) else (v if key == "texts" else float(v)) for v in SHOW[c]]})
    found = {"task": task, "classes": [str(c) for c in classes], "features": features,
             "prediction": [float(p) for p in prediction], "score": [float(s) for s in score]}
    (HERE / f"{name}.onnx").write_bytes(model)
    (HERE / f"{name}.json").write_text(json.dumps(found) + "\n")


def made(function):
    """Registers a model by the name of the function that makes it."""
    MADE[function.__name__] = function
    return function


def pipeline(estimator, numeric="passthrough", categorical=None):
    """Preparation of numbers and categories, then the estimator."""
    encoder = categorical or OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_pipeline(ColumnTransformer([("num", numeric, NUMERIC), ("cat", encoder, CATEGORICAL)]), estimator)


def export(name: str, model, y: np.ndarray, task: str, classes: list, zipmap: bool = False) -> None:
    """Fits a pipeline on all features and exports it with one input per feature."""
    model.fit(as_input(TRAIN), y)
    types = [(c, FloatTensorType([None, 1])) for c in NUMERIC] + [(c, StringTensorType([None, 1])) for c in CATEGORICAL]
    options = {} if task == "regression" else {id(model[-1]): {"zipmap": zipmap}}
    proto = to_onnx(model, initial_types=types, options=options, target_opset=OPSET)
    record(name, proto.SerializeToString(), task, classes, NUMERIC + CATEGORICAL)


def filled(x: pd.DataFrame) -> np.ndarray:
    return x[NUMERIC].fillna(2.5).to_numpy(np.float32)


def scaled():
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler())


@made
def sklearn_logistic(name):
    export(name, pipeline(LogisticRegression(), scaled()), BINARY, "binary", ["no", "yes"], zipmap=True)


@made
def sklearn_logistic_positive_first(name):
    export(name, pipeline(LogisticRegression(), scaled()), BINARY, "binary", ["yes", "no"])


@made
def sklearn_ridge(name):
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    numeric = make_pipeline(SimpleImputer(), MinMaxScaler())
    export(name, pipeline(Ridge(), numeric, ordinal), VALUE, "regression", [])


@made
def sklearn_random_forest(name):
    forest = RandomForestClassifier(6, max_depth=4, random_state=0)
    export(name, pipeline(forest, SimpleImputer()), THREE, "multiclass", ["high", "low", "mid"], zipmap=True)


@made
def sklearn_random_forest_binary(name):
    forest = RandomForestClassifier(6, max_depth=4, random_state=0)
    export(name, pipeline(forest, SimpleImputer()), DIGITS, "binary", [0, 1])


@made
def sklearn_random_forest_value(name):
    export(name, pipeline(RandomForestRegressor(6, max_depth=4, random_state=0), SimpleImputer()), VALUE, "regression", [])


@made
def sklearn_hist_boosting(name):
    boosted = HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=6, random_state=0)
    export(name, pipeline(boosted), BINARY, "binary", ["no", "yes"])


@made
def sklearn_hist_boosting_value(name):
    export(name, pipeline(HistGradientBoostingRegressor(max_iter=8, max_leaf_nodes=6, random_state=0)), VALUE, "regression", [])


@made
def sklearn_boosting(name):
    boosted = GradientBoostingClassifier(n_estimators=6, max_depth=2, random_state=0)
    export(name, pipeline(boosted, SimpleImputer()), BINARY, "binary", ["no", "yes"])


@made
def sklearn_boosting_three(name):
    boosted = GradientBoostingClassifier(n_estimators=4, max_depth=2, random_state=0)
    export(name, pipeline(boosted, SimpleImputer()), THREE, "multiclass", ["high", "low", "mid"])


@made
def sklearn_boosting_value(name):
    export(name, pipeline(GradientBoostingRegressor(n_estimators=6, max_depth=2, random_state=0), SimpleImputer()), VALUE, "regression", [])


@made
def sklearn_network(name):
    export(name, pipeline(MLPClassifier(hidden_layer_sizes=(4,), max_iter=200, random_state=0), scaled()), BINARY, "binary", ["no", "yes"])


@made
def sklearn_network_three(name):
    export(name, pipeline(MLPClassifier(hidden_layer_sizes=(4,), max_iter=200, random_state=0), scaled()), THREE, "multiclass", ["high", "low", "mid"])


@made
def sklearn_network_value(name):
    export(name, pipeline(MLPRegressor(hidden_layer_sizes=(4,), max_iter=200, random_state=0), scaled()), VALUE, "regression", [])


@made
def sklearn_support_vectors(name):
    # The exporter reads libsvm's own probabilities, which scikit-learn is about to give up.
    machine = SVC(C=0.5, probability=True, random_state=0)
    few = pipeline(machine, scaled())
    export(name, few, BINARY, "binary", ["no", "yes"])


@made
def sklearn_support_vectors_three(name):
    export(name, pipeline(SVC(kernel="poly", degree=2, probability=True, random_state=0), scaled()), THREE, "multiclass", ["high", "low", "mid"])


@made
def sklearn_support_vectors_value(name):
    export(name, pipeline(SVR(epsilon=0.5), scaled()), VALUE, "regression", [])


@made
def sklearn_matrix(name):
    """One input for all features, by the name X."""
    model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(TRAIN[NUMERIC].to_numpy(), THREE)
    proto = to_onnx(model, TRAIN[NUMERIC].to_numpy()[:1], options={"zipmap": False}, target_opset=OPSET)
    record(name, proto.SerializeToString(), "multiclass", ["high", "low", "mid"], NUMERIC)


def onnxmltools_type():
    from onnxmltools.convert.common.data_types import FloatTensorType as Matrix
    return [("input", Matrix([None, len(NUMERIC)]))]


def with_xgboost(name, model, y, task, classes):
    from onnxmltools import convert_xgboost
    model.fit(TRAIN[NUMERIC].to_numpy(), y)
    proto = convert_xgboost(model, initial_types=onnxmltools_type(), target_opset=15)
    record(name, proto.SerializeToString(), task, classes, NUMERIC)


@made
def xgboost_binary(name):
    from xgboost import XGBClassifier
    with_xgboost(name, XGBClassifier(n_estimators=6, max_depth=3), DIGITS, "binary", [0, 1])


@made
def xgboost_three(name):
    from xgboost import XGBClassifier
    y = np.searchsorted(["high", "low", "mid"], THREE)
    with_xgboost(name, XGBClassifier(n_estimators=3, max_depth=3), y, "multiclass", [0, 1, 2])


@made
def xgboost_value(name):
    from xgboost import XGBRegressor
    with_xgboost(name, XGBRegressor(n_estimators=6, max_depth=3), VALUE, "regression", [])


def with_lightgbm(name, model, y, task, classes, zipmap=True):
    from onnxmltools import convert_lightgbm
    model.fit(TRAIN[NUMERIC].to_numpy(), y)
    proto = convert_lightgbm(model, initial_types=onnxmltools_type(), target_opset=15, zipmap=zipmap)
    record(name, proto.SerializeToString(), task, classes, NUMERIC)


@made
def lightgbm_binary(name):
    from lightgbm import LGBMClassifier
    with_lightgbm(name, LGBMClassifier(n_estimators=6, num_leaves=6, verbose=-1), DIGITS, "binary", [0, 1])


@made
def lightgbm_three(name):
    from lightgbm import LGBMClassifier
    with_lightgbm(name, LGBMClassifier(n_estimators=3, num_leaves=6, verbose=-1), THREE, "multiclass", ["high", "low", "mid"], zipmap=False)


@made
def lightgbm_value(name):
    from lightgbm import LGBMRegressor
    with_lightgbm(name, LGBMRegressor(n_estimators=6, num_leaves=6, verbose=-1), VALUE, "regression", [])


def with_catboost(name, model, y, task, classes):
    model.fit(TRAIN[NUMERIC].to_numpy(), y)
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        model.save_model(file.name, format="onnx")
        record(name, Path(file.name).read_bytes(), task, classes, NUMERIC)


def catboost_parameters():
    return {"iterations": 6, "depth": 3, "random_seed": 0, "verbose": False, "allow_writing_files": False, "thread_count": 1}


@made
def catboost_binary(name):
    from catboost import CatBoostClassifier
    with_catboost(name, CatBoostClassifier(**catboost_parameters()), DIGITS, "binary", [0, 1])


@made
def catboost_three(name):
    from catboost import CatBoostClassifier
    with_catboost(name, CatBoostClassifier(**catboost_parameters()), THREE, "multiclass", ["high", "low", "mid"])


@made
def catboost_value(name):
    from catboost import CatBoostRegressor
    with_catboost(name, CatBoostRegressor(**catboost_parameters()), VALUE, "regression", [])


def by_hand(name, nodes, inputs, outputs, task, classes, columns, constants=(), ml=3):
    """A model whose nodes are written out."""
    constants = [numpy_helper.from_array(value, key) for key, value in constants]
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", ml)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9, producer_name="make.py")
    onnx.checker.check_model(model)
    record(name, model.SerializeToString(), task, classes, columns)


@made
def tree_ensemble_5(name):
    """The operator TreeEnsemble with a test of membership, missing values and an average."""
    floats = lambda key, values: helper.make_tensor(key, TensorProto.FLOAT, [len(values)], values)
    node = helper.make_node(
        "TreeEnsemble", ["X"], ["Y"], domain="ai.onnx.ml", n_targets=1, aggregate_function=1, post_transform=0,
        tree_roots=[0, 2], nodes_featureids=[0, 1, 2], nodes_truenodeids=[1, 0, 3], nodes_falsenodeids=[2, 1, 4],
        nodes_trueleafs=[0, 1, 1], nodes_falseleafs=[1, 1, 1], nodes_missing_value_tracks_true=[1, 0, 0],
        nodes_splits=floats("splits", [3.0, 0.0, 0.8]), nodes_hitrates=floats("rates", [1.0, 1.0, 1.0]),
        nodes_modes=helper.make_tensor("modes", TensorProto.UINT8, [3], [0, 6, 3]),
        membership_values=floats("members", [20.0, 25.0, 33.0, 40.0, 41.0, 52.0, 60.0, 61.0, float("nan")]),
        leaf_targetids=[0, 0, 0, 0, 0], leaf_weights=floats("weights", [1.5, -2.0, 0.25, 10.0, 20.0]))
    by_hand(name, [node], [helper.make_tensor_value_info("X", TensorProto.FLOAT, [None, 3])],
            [helper.make_tensor_value_info("Y", TensorProto.FLOAT, [None, 1])], "regression", [], NUMERIC, ml=5)


@made
def text_and_logic(name):
    """Text to numbers and back, a choice, arithmetic and reductions, as exporters of pipelines write them."""
    nodes = [
        helper.make_node("Cast", ["grade"], ["number"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["age"], ["age_text"], to=TensorProto.STRING),
        helper.make_node("LabelEncoder", ["age_text"], ["old"], domain="ai.onnx.ml", default_float=0.5,
                         keys_strings=[str(a) for a in range(50, 80)], values_floats=[float(a) for a in range(30)]),
        helper.make_node("LabelEncoder", ["city"], ["place"], domain="ai.onnx.ml", default_float=-1.0,
                         keys_strings=["Rome", "Oslo", "missing"], values_floats=[1.0, 2.0, 3.0]),
        helper.make_node("IsNaN", ["income"], ["gap"]),
        helper.make_node("Where", ["gap", "mean", "income"], ["full"]),
        helper.make_node("Concat", ["number", "old", "place", "full", "Debt_ratio"], ["all"], axis=1),
        helper.make_node("Sub", ["all", "centre"], ["centred"]),
        helper.make_node("Pow", ["centred", "two"], ["squares"]),
        helper.make_node("ReduceSum", ["squares", "columns"], ["length"], keepdims=1),
        helper.make_node("Slice", ["all", "from", "to", "columns"], ["part"]),
        helper.make_node("ReduceMax", ["part", "columns"], ["largest"], keepdims=1),
        helper.make_node("Sqrt", ["length"], ["root"]),
        helper.make_node("MatMul", ["all", "weights"], ["product"]),
        helper.make_node("Sum", ["root", "largest", "product"], ["raw"]),
        helper.make_node("Clip", ["raw", "low", "high"], ["value"]),
    ]
    constants = [("mean", np.array([[2.5]], np.float32)), ("centre", np.array([1, 2, 3, 4, 5], np.float32)),
                 ("two", np.array([2], np.float32)), ("columns", np.array([1], np.int64)), ("from", np.array([1], np.int64)),
                 ("to", np.array([-1], np.int64)), ("weights", np.array([[0.1], [-0.2], [0.3], [0.4], [-0.5]], np.float32)),
                 ("low", np.array(1.0, np.float32)), ("high", np.array(30.0, np.float32))]
    kinds = {"income": TensorProto.FLOAT, "age": TensorProto.FLOAT, "Debt_ratio": TensorProto.FLOAT,
             "city": TensorProto.STRING, "grade": TensorProto.STRING}
    inputs = [helper.make_tensor_value_info(c, kind, [None, 1]) for c, kind in kinds.items()]
    by_hand(name, nodes, inputs, [helper.make_tensor_value_info("value", TensorProto.FLOAT, [None, 1])],
            "regression", [], NUMERIC + CATEGORICAL, constants)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for wanted in sys.argv[1:] or MADE:
        MADE[wanted](wanted)
