"""What makes a run the same run: which keys of its config may change when it is resumed."""

from mnist_bp.config.schema import Config, differences

LENGTH = {"train.epochs", "train.max_steps"}
MAY_CHANGE = {  # the data are compared by their contents
    "data.dir", "data.cache_dir", "data.mirrors", "train.shadow_check", "train.checkpoint_seconds",
}  # fmt: skip
OVER_THE_WHOLE_RUN = ("cosine", "one_cycle")  # schedules whose every rate depends on the run's length, by default


def has_fixed_length(config: Config) -> bool:
    """Whether the run's length decides how it goes from its first step on."""
    return config.train.schedule in OVER_THE_WHOLE_RUN and config.train.schedule_epochs is None


def has_same_length(before: Config, after: Config) -> bool:
    """Whether a run that is done by one config is done by the other."""
    return LENGTH.isdisjoint(differences(before, after))


def forbidden_changes(before: Config, after: Config) -> dict[str, tuple[str, str]]:
    """Return what makes `after` the config of another run than `before`, as `differences` does; nothing: the same."""
    may_change = MAY_CHANGE if has_fixed_length(before) else MAY_CHANGE | LENGTH
    return {key: values for key, values in differences(before, after).items() if key not in may_change}
