"""Configs from YAML: precedence, every kind of mistake with its line, and the way back."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_bp.config import AugmentConfig, Config, ConvConfig, DataConfig, ModelConfig, TrainConfig, dump, load, parse
from mnist_bp.errors import BpError, Exit


def written(text: str) -> Path:
    path = Path("c.yaml")
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(text: str, *overrides: str) -> list[str]:
    with pytest.raises(BpError) as caught:
        load(written(text), overrides)
    assert caught.value.code == Exit.USAGE
    return str(caught.value).splitlines()


def test_defaults_give_way_to_the_file_and_the_file_to_overrides_in_order() -> None:
    path = written("train: {epochs: 3, learning_rate: 0.5}\nseed: 1\n")
    config = load(path, ["train.epochs=4", "train.epochs=5"])
    assert (config.train.epochs, config.train.learning_rate, config.train.batch_size, config.seed) == (5, 0.5, 100, 1)
    assert load(None) == Config()


@pytest.mark.parametrize("text", ["", "# nothing\n", "train:\n", "---\n", "train: {}\n"])
def test_an_empty_file_or_section_leaves_the_defaults(text: str) -> None:
    assert load(written(text)) == Config()


@pytest.mark.parametrize(
    ("text", "value"), [("1e-3", 1e-3), ("1E3", 1000.0), ("2", 2.0), (".5", 0.5), ("+5.e-1", 0.5), ("0.1", 0.1)]
)
def test_numbers_are_numbers_however_they_are_written(text: str, value: float) -> None:
    assert load(written(f"train: {{learning_rate: {text}}}")).train.learning_rate == value
    assert load(None, [f"train.learning_rate={text}"]).train.learning_rate == value


def test_a_scalar_stands_for_a_list_of_one() -> None:
    assert load(written("model: {hidden: 30}")).model.hidden == (30,)
    assert load(None, ["model.hidden=[30, 20]"]).model.hidden == (30, 20)
    assert load(None, ["data.mirrors=http://127.0.0.1:8000/"]).data.mirrors == ("http://127.0.0.1:8000/",)


def test_convolutional_layers_are_read_from_a_file_in_either_style_and_from_overrides() -> None:
    layers = (ConvConfig(filters=8, kernel=5, pool="max"), ConvConfig(filters=16, padding=1, pool_size=2))
    block = "model:\n  conv:\n  - filters: 8\n    kernel: 5\n    pool: max\n  - {filters: 16, padding: 1}\n"
    assert load(written(block)).model.conv == layers
    assert (
        load(None, ["model.conv=[{filters: 8, kernel: 5, pool: max}, {filters: 16, padding: 1}]"]).model.conv == layers
    )
    assert load(written("model: {conv: {filters: 8}}")).model.conv == (ConvConfig(8, 3, 1, 0, None, 2),)
    assert load(written(block), ["model.conv=[]"]).model.conv == ()


AUGMENTED = "data: {augment: {rotation: 12, scale: 0.1}}"


@pytest.mark.parametrize(
    ("text", "overrides", "augment"),
    [
        (AUGMENTED, [], AugmentConfig(rotation=12.0, scale=0.1)),
        ("data:\n  augment:\n    shift: 1\n    rotation: 5\n", [], AugmentConfig(rotation=5.0, shift=1.0)),
        (AUGMENTED, ["data.augment.rotation=5"], AugmentConfig(rotation=5.0, scale=0.1)),
        ("", ["data.augment.rotation=5"], AugmentConfig(rotation=5.0)),
        (AUGMENTED, ["data.augment={shift: 1}"], AugmentConfig(shift=1.0)),
        (AUGMENTED, ["data.augment.shift=2", "data.augment=null"], None),
        (AUGMENTED, ["data.augment=null", "data.augment.shift=2"], AugmentConfig(shift=2.0)),
        (AUGMENTED, ["data.augment.rotation=0", "data.augment.scale=0"], None),
        ("data: {augment: {}}", [], None),
        ("data: {augment: }", [], None),
        ("data: {augment: {rotation: 0, elastic_sigma: 4}}", [], None),
    ],
)
def test_an_augmentation_is_set_as_a_whole_or_key_by_key_and_one_without_effect_is_none(
    text: str, overrides: list[str], augment: AugmentConfig | None
) -> None:
    assert load(written(text), overrides).data.augment == augment


@pytest.mark.parametrize(
    ("text", "overrides", "extra"),
    [
        ("data: {extra: {synthetic: 1, kmnist: 0.5}}", [], (("kmnist", 0.5), ("synthetic", 1.0))),
        ("data: {extra: {synthetic: 1}}", ["data.extra={kmnist: 2}"], (("kmnist", 2.0),)),
        ("data: {extra: {synthetic: 1}}", ["data.extra={}"], ()),
        ("data: {extra: {Fashion_MNIST: 1}}", [], (("fashion-mnist", 1.0),)),
        ("data: {extra: }", [], ()),
    ],
)
def test_other_data_sets_are_kept_with_their_weights_in_one_order(
    text: str, overrides: list[str], extra: tuple[tuple[str, float], ...]
) -> None:
    assert load(written(text), overrides).data.extra == extra


def test_a_dump_writes_each_convolutional_layer_in_full_on_one_line() -> None:
    text = dump(load(None, ["model.conv={filters: 8}", "model.hidden=[]"]))
    layer = "{filters: 8, kernel: 3, stride: 1, padding: 0, pool: null, pool_size: 2}"
    assert f"\nmodel:\n  conv: [{layer}]\n  hidden: []\n" in text


LAYERS = "a list of at most 100, each item such as {filters: 8, kernel: 5, pool: max}"
MISTAKES = {
    "an unknown key": ("train:\n  epochs: 3\n  learning_rat: 1", "c.yaml:3: train.learning_rat: unknown key; "
                       "did you mean train.learning_rate?"),
    "an unknown section": ("modle: {hidden: 3}", "c.yaml:1: modle: unknown key; did you mean model?"),
    "a key without its section": ("epochs: 3", "c.yaml:1: epochs: unknown key; did you mean train.epochs?"),
    "a key of another section": ("train: {hidden: 3}", "c.yaml:1: train.hidden: unknown key; "
                                 "did you mean model.hidden?"),
    "an abbreviated key": ("seed: 1\ntrain: {lr: 3}", "c.yaml:2: train.lr: unknown key; did you mean "
                           "train.learning_rate?"),
    "an abbreviated key of another section": ("model: {lr: 3}", "c.yaml:1: model.lr: unknown key; did you mean "
                                              "train.learning_rate?"),
    "a key like no other": ("zzz: 1", "c.yaml:1: zzz: unknown key"),
    "a duplicate key": ("seed: 1\nseed: 1", "c.yaml:2: seed: expected each key once; got it again"),
    "a duplicate section": ("train: {}\ntrain: {}", "c.yaml:2: train: expected each key once; got it again"),
    "a word for a number": ("\ntrain: {epochs: many}", "c.yaml:2: train.epochs: expected an integer from 1 to "
                            "1000000; got many"),
    "a quoted number": ("train: {epochs: '3'}", "c.yaml:1: train.epochs: expected an integer from 1 to 1000000; "
                        "got '3'"),
    "a fraction for a whole": ("train: {epochs: 3.0}", "c.yaml:1: train.epochs: expected an integer from 1 to "
                               "1000000; got 3.0"),
    "a boolean for a number": ("seed: true", "c.yaml:1: seed: expected an integer from 0 to 9223372036854775807; "
                               "got true"),
    "NaN": ("train: {learning_rate: .nan}", "c.yaml:1: train.learning_rate: expected a finite number above 0; "
            "got .nan"),
    "infinity": ("train: {learning_rate: .inf}", "c.yaml:1: train.learning_rate: expected a finite number above 0; "
                 "got .inf"),
    "an overflow": ("train: {learning_rate: 1e999}", "c.yaml:1: train.learning_rate: expected a finite number above 0; "
                    "got 1e999"),
    "nothing for a value": ("train: {epochs: }", "c.yaml:1: train.epochs: expected an integer from 1 to 1000000; "
                            "got nothing"),
    "an unknown name": ("model: {init: ho}", "c.yaml:1: model.init: expected normal, xavier, he or zeros; got ho"),
    "what cannot be trained": ("model: {activation: step}", "c.yaml:1: model.activation: expected sigmoid, tanh, relu, "
                               "leaky_relu, softplus or identity (not step, whose derivative is 0); got step"),
    "a list in a list": ("model: {hidden: [[3]]}", "c.yaml:1: model.hidden: expected a list of at most 100, each "
                         "item an integer from 1 to 1000000; got [[…]]"),
    "keys for a value": ("seed: {a: 1}", "c.yaml:1: seed: expected an integer from 0 to 9223372036854775807; "
                         "got keys and values"),
    "a value for a section": ("train: 3", "c.yaml:1: expected keys and values in section train; got 3"),
    "a list for the file": ("- 1", "c.yaml:1: expected keys and values; got [1]"),
    "a word for the file": ("hello", "c.yaml:1: expected keys and values; got hello"),
    "a Python object": ("seed: !!python/object/apply:os.system [ls]", "c.yaml:1: seed: expected an integer from 0 "
                        "to 9223372036854775807; got [ls]"),
    "a key that is a list": ("[1]: 2", "c.yaml:1: expected a key; got [1]"),
    "a word for a layer": ("model:\n  conv: [{filters: 8}, relu]", f"c.yaml:2: model.conv: expected {LAYERS}; "
                           "got [keys and values, relu]"),
    "nothing for a layer": ("model: {conv: }", f"c.yaml:1: model.conv: expected {LAYERS}; got nothing"),
    "null for a layer": ("model: {conv: null}", f"c.yaml:1: model.conv: expected {LAYERS}; got null"),
    "layers in a list in a list": ("model: {conv: [[{filters: 8}]]}", f"c.yaml:1: model.conv: expected {LAYERS}; "
                                   "got [[…]]"),
    "a layer without filters": ("model:\n  conv:\n  - filters: 8\n  - kernel: 3", "c.yaml:4: model.conv[1].filters: "
                                "expected an integer from 1 to 1000000; got nothing"),
    "an unknown key of a layer": ("model:\n  conv:\n  - filters: 8\n    kernl: 5", "c.yaml:4: model.conv[0].kernl: "
                                  "unknown key; did you mean model.conv[0].kernel?"),
    "a key of another section in a layer": ("model: {conv: {filters: 8, dropout: 0.5}}", "c.yaml:1: "
                                            "model.conv[0].dropout: unknown key; did you mean model.dropout?"),
    "a key like none of a layer": ("model: {conv: {filters: 8, zzz: 1}}", "c.yaml:1: model.conv[0].zzz: unknown key"),
    "a duplicate key of a layer": ("model:\n  conv:\n    filters: 8\n    filters: 8", "c.yaml:4: "
                                   "model.conv[0].filters: expected each key once; got it again"),
    "an unknown key of an augmentation": ("data:\n  augment:\n    rotatoin: 5", "c.yaml:3: data.augment.rotatoin: "
                                          "unknown key; did you mean data.augment.rotation?"),
    "a wrong value in an augmentation": ("data:\n  augment: {scale: 1}", "c.yaml:2: data.augment.scale: expected a "
                                         "number from 0 to below 1; got 1"),
    "a duplicate key of an augmentation": ("data: {augment: {shift: 1, shift: 1}}", "c.yaml:1: data.augment.shift: "
                                           "expected each key once; got it again"),
    "a word for an augmentation": ("data: {augment: shift}", "c.yaml:1: data.augment: expected keys and values such as "
                                   "{rotation: 12, scale: 0.12}, or null; got shift"),
    "a mixture with an unknown data set": ("data:\n  extra: {syntetic: 1}", "c.yaml:2: data.extra: expected "
                                           "synthetic, mnist, fashion-mnist, kmnist or idx; got syntetic; did you mean "
                                           "synthetic?"),
    "a mixture with none of a data set": ("data:\n  extra: {kmnist: 0}", "c.yaml:2: data.extra.kmnist: expected a "
                                          "number above 0 and up to 100; got 0"),
    "a mixture with a data set twice": ("data:\n  extra: {kmnist: 1,\n  KMNIST: 1}", "c.yaml:3: data.extra: expected "
                                        "each name once; got kmnist again"),
    "a word for a mixture": ("data: {extra: kmnist}", "c.yaml:1: data.extra: expected weights by name, such as "
                             "{synthetic: 1.0}, of synthetic, mnist, fashion-mnist, kmnist and idx; got kmnist"),
    "a wrong value in a layer": ("model:\n  conv:\n  - filters: 8\n    pool: maxi", "c.yaml:4: model.conv[0].pool: "
                                 "expected max or average, or null; got maxi; did you mean max?"),
    "a layer for a value in a layer": ("model: {conv: {filters: {filters: 8}}}", "c.yaml:1: model.conv[0].filters: "
                                       "expected an integer from 1 to 1000000; got keys and values"),
    "a layer that holds itself": ("model: {conv: &a {filters: *a}}", "c.yaml:1: model.conv[0].filters: "
                                  "expected an integer from 1 to 1000000; got keys and values"),
    "values that contradict each other": ("data: {name: idx}", "data.dir: expected the folder of the four IDX files "
                                          "that data.name=idx reads; got null"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_line(text: str, message: str) -> None:
    assert mistakes(text) == [message]


@pytest.mark.parametrize(
    "text", ["train: [1", "a: b: c", "\t- x", "seed: 'x", "a: *b", "%YAML 9", "--- 1\n--- 2", "\x00"]
)
def test_text_that_is_not_yaml_is_said_to_be_so(text: str) -> None:
    (message,) = mistakes(text)
    assert message.startswith("c.yaml:")
    assert "not YAML" in message


def test_all_mistakes_are_reported_at_once() -> None:
    found = mistakes(
        "train: {epochs: 0, batch: 3}\nseed: -1\nmodel:\n  conv:\n  - {filters: 0}\n  - {filters: 1, pol: max}\n",
        "model.hidden=none", "nonsense", "data=3", "model.conv=[{stride: 1}]",
    )  # fmt: skip
    assert [message.split(": expected")[0].split(": unknown")[0] for message in found] == [
        "c.yaml:1: train.epochs", "c.yaml:1: train.batch", "c.yaml:2: seed", "c.yaml:5: model.conv[0].filters",
        "c.yaml:6: model.conv[1].pol", "--set model.hidden=none: model.hidden", "--set nonsense",
        "--set data=3: data is a section; expected one of its keys, such as data.name",
        "--set model.conv=[{stride: 1}]: model.conv[0].filters",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("override", "hint"),
    [("zzz=1", "--keys` lists the keys"), ("train.zzz=1", "--keys train` lists the keys in section train"),
     ("model=1", "--keys model` lists"), ("model.conv={filters: 1, zzz: 1}", "--keys model` lists"), ("lr=1", None)],
)  # fmt: skip
def test_a_key_that_resembles_none_brings_the_command_that_lists_them(override: str, hint: str | None) -> None:
    with pytest.raises(BpError) as caught:
        load(None, [override])
    assert hint is None if caught.value.hint is None else f"`bp config {hint}" in caught.value.hint


@pytest.mark.parametrize(
    ("override", "section", "values"),
    [("model.hidden=100,50", "model", {"hidden": (100, 50)}),
     ("model.hidden= 100, 50,", "model", {"hidden": (100, 50)}),
     ("model.conv={filters: 8, kernel: 5}", "model", {"conv": (ConvConfig(8, 5),)}),
     ("model.conv={filters: 8}, {filters: 9}", "model", {"conv": (ConvConfig(8), ConvConfig(9))}),
     ("data.mirrors=http://a/,http://b/", "data", {"mirrors": ("http://a/", "http://b/")}),
     ("data.mirrors='http://a/,b'", "data", {"mirrors": ("http://a/,b",)}),
     ("data.cache_dir=a,b", "data", {"cache_dir": "a,b"})],
)  # fmt: skip
def test_a_list_needs_no_brackets_in_an_override(override: str, section: str, values: dict[str, object]) -> None:
    assert {key: getattr(getattr(load(None, [override]), section), key) for key in values} == values


def test_choices_forgive_case_and_the_config_holds_them_as_they_are_spelled() -> None:
    config = load(written("model: {activation: ReLU}"), ["train.optimizer=Adam", "data.name=Fashion_MNIST"])
    assert (config.model.activation, config.train.optimizer, config.data.name) == ("relu", "adam", "fashion-mnist")
    assert mistakes("", "train.momentum=2,5")[0].endswith("; got 2,5")
    assert mistakes("", "train.optimizer=adamm")[0].endswith("; got adamm; did you mean adam?")


def test_no_more_than_a_hundred_mistakes_are_reported() -> None:
    """A hundred layers that are one, with its three mistakes, would make three hundred."""
    found = mistakes("model: {conv: [&a {a: 1, b: 2, c: 3}" + ", *a" * 99 + "]}")
    assert len(found) == 101
    assert found[-1] == "100 mistakes: stopped here"


def test_the_longest_config_is_dumped_in_as_many_characters_as_load_reads() -> None:
    longest = "'" * 500
    config = Config(
        DataConfig(
            "idx",
            longest,
            (longest[:50],) * 100,
            10**9,
            2**63 - 1,
            tuple((name, 2 / 3) for name in ("fashion-mnist", "kmnist", "mnist", "synthetic")),
            AugmentConfig(*[2 / 3] * 8),
            longest,
            (longest,) * 100,
        ),
        ModelConfig((ConvConfig(10**6, 1000, 1000, 1000, "average", 1000),) * 100, (10**6,) * 100),
    )
    assert load(written(dump(config))) == config


@pytest.mark.parametrize(
    "text",
    ['seed: "\\U00110000"', 'seed: "\\UFFFFFFFF"', "%YAML 1." + "1" * 5000 + "\n--- {}", "seed: '" + "x" * 99_999],
)
def test_text_on_which_pyyaml_fails_is_a_mistake_and_not_a_traceback(text: str) -> None:
    (message,) = mistakes(text)
    assert "not YAML" in message


def test_a_part_of_a_mixture_cannot_be_set_alone() -> None:
    (mistake,) = mistakes("", "data.extra.synthetic=8")
    assert "expected data.extra as a whole, weights by name, such as {synthetic: 1.0}" in mistake


@pytest.mark.parametrize("key", ["model.conv[0].filters", "model.conv.filters"])
def test_a_part_of_a_list_cannot_be_set_and_the_message_says_what_can(key: str) -> None:
    assert mistakes("", f"{key}=8") == [f"--set {key}=8: {key}: expected model.conv as a whole, {LAYERS}"]


def test_a_former_key_with_the_value_that_changed_nothing_still_loads() -> None:
    """As a config.yaml that an earlier version wrote into its run directories."""
    assert load(written("train: {threads: 1, epochs: 3}")).train.epochs == 3
    assert load(None, ["train.threads=1"]) == Config()


def test_a_former_key_with_another_value_says_what_to_do() -> None:
    advice = "train.threads: no longer a key; train.shards has more processors work on a batch"
    assert mistakes("train:\n  threads: 2") == [f"c.yaml:2: {advice}"]
    assert mistakes("", "train.threads=[1, 2]") == [f"--set train.threads=[1, 2]: {advice}"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is neither"),
        (lambda path: path.mkdir(), "expected a config file; got a folder"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "expected UTF-8 text; got byte 0xff"),
        (lambda path: path.write_bytes(b"#" * 2_000_000), "expected a config of at most 131072 characters"),
        (lambda path: path.write_text("seed: " + "[" * 1000), "nested too deeply"),
    ],
    ids=["missing", "folder", "binary", "too large", "too deep"],
)
def test_a_file_that_cannot_be_a_config_is_refused(make: object, message: str) -> None:
    path = Path("broken.yaml")
    make(path)  # type: ignore[operator]  # one of the lambdas above
    with pytest.raises(BpError, match=message) as caught:
        load(path)
    assert caught.value.code == Exit.USAGE
    assert "broken.yaml" in str(caught.value)


TEXTS = st.text(min_size=1, max_size=500).filter(str.isprintable)
NAMES = st.text(min_size=1, max_size=50).filter(str.isprintable)
COUNTS = st.integers(1, 1_000_000)
STEPS = st.integers(0, 10**12)
EPSILON = st.floats(1e-30, 1)
POSITIVE = st.floats(min_value=0, exclude_min=True, allow_infinity=False)
BELOW_ONE = st.floats(0, 1, exclude_max=True)
ACTIVATIONS = st.sampled_from(["sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity"])
PIXELS = st.integers(1, 1000)


def section(cls: type, *groups: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[object]:
    """Build a section of groups of keys; the keys of one group depend on each other."""
    return st.tuples(*groups).map(lambda drawn: cls(**{key: value for group in drawn for key, value in group.items()}))


def group(key: str, names: str, **used: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Draw one of the names for the key, and values for the keys that each of them uses."""
    return st.fixed_dictionaries({key: st.sampled_from(names.split()), **used})


CONFIGS = st.builds(
    Config,
    data=section(
        DataConfig,
        group(
            "name",
            "idx",
            dir=TEXTS,
            labels=st.none() | st.lists(NAMES).map(tuple),
            preprocessing=st.sampled_from(["mnist", "resize"]),
        )
        | group("name", "mnist fashion-mnist kmnist synthetic"),
        st.fixed_dictionaries({
            "validation": st.integers(0, 10**9),
            "seed": st.integers(0, 2**63 - 1),
            "cache_dir": st.none() | TEXTS,
            "mirrors": st.none() | st.lists(TEXTS).map(tuple),
            "augment": st.none() | st.builds(AugmentConfig, st.floats(0, 180), elastic_alpha=st.floats(0, 1e4)),
        }),
    ),
    model=section(
        ModelConfig,
        group("init", "normal", weight_init_std=POSITIVE) | group("init", "xavier he zeros"),
        group("loss", "softmax_cross_entropy", label_smoothing=BELOW_ONE)
        | group("loss", "binary_cross_entropy")
        | group("loss", "cross_entropy", output=st.just("softmax"))
        | group("loss", "mean_squared_error half_squared_error", output=ACTIVATIONS | st.just("softmax")),
        st.fixed_dictionaries({
            "conv": st.lists(
                st.builds(ConvConfig, COUNTS, PIXELS, PIXELS, st.integers(0, 1000))
                | st.builds(ConvConfig, COUNTS, pool=st.sampled_from(["max", "average"]), pool_size=PIXELS),
                max_size=3,
            ).map(tuple),
            "activation": ACTIVATIONS,
            "bias": st.booleans(),
        }),
        st.fixed_dictionaries({"hidden": st.lists(COUNTS, min_size=1).map(tuple), "dropout": BELOW_ONE})
        | st.just({"hidden": ()}),
    ),
    train=section(
        TrainConfig,
        group("optimizer", "sgd")
        | group("optimizer", "momentum nesterov", momentum=BELOW_ONE)
        | group("optimizer", "adagrad", epsilon=EPSILON)
        | group("optimizer", "rmsprop", rho=BELOW_ONE, epsilon=EPSILON)
        | group("optimizer", "adam adamw", beta1=BELOW_ONE, beta2=BELOW_ONE, epsilon=EPSILON),
        group("schedule", "constant")
        | group("schedule", "step", decay_every=COUNTS, decay_factor=st.floats(0, 1, exclude_min=True))
        | group("schedule", "cosine one_cycle", schedule_epochs=st.none() | COUNTS),
        st.fixed_dictionaries({
            "max_steps": st.none() | st.integers(1, 10**12),
            "learning_rate": POSITIVE,
            "warmup_steps": STEPS,
            "shadow_check": STEPS,
            "log_every": st.none() | st.integers(1, 10**12),
            "weight_decay": st.floats(min_value=0, allow_infinity=False),
            "clip_norm": st.none() | POSITIVE,
        }),
    ),
    seed=st.integers(0, 2**63 - 1),
)  # fmt: skip


@settings(max_examples=60)
@given(config=CONFIGS)
def test_a_dumped_config_loads_back_as_itself(config: Config) -> None:
    text = dump(config)
    again = parse(text, "c.yaml")
    assert again == config
    assert dump(again) == text


@pytest.mark.parametrize("text", ["1e-3", "0x10", "null", "true", "no", "~", "1_000", "12:30", "- a", "#", " x ", "'"])
def test_a_text_that_looks_like_something_else_stays_a_text(text: str) -> None:
    config = replace(Config(), data=DataConfig(name="idx", dir=text))
    assert load(written(dump(config))) == config


@given(text=st.text(max_size=200))
def test_any_text_is_a_config_or_a_usage_error(text: str) -> None:
    path = Path("c.yaml")
    path.write_bytes(text.encode(errors="surrogatepass"))
    for arguments in ((path,), (None, [f"seed={text}"]), (None, [f"model.conv={text}"]), (None, [text])):
        try:
            load(*arguments)
        except BpError as error:
            assert error.code == Exit.USAGE  # noqa: PT017  # an error is one of two right outcomes
