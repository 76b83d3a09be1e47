"""What makes a run the same run: which keys of its config may change when it is resumed."""

from mnist_bp.config.access import changes, defaults, keys, replaced
from mnist_bp.config.schema import Config

OVER_THE_WHOLE_RUN = (
    "cosine",
    "one_cycle",
)  # schedules whose rates all depend on the run's length, unless schedule_epochs is set


def has_fixed_length(config: Config) -> bool:
    """Whether the run's length decides how it goes from its first step on."""
    return config.train.schedule in OVER_THE_WHOLE_RUN and config.train.schedule_epochs is None


def length_changes(before: Config, after: Config) -> dict[str, tuple[str, str]]:
    """Return the keys of a run's length in which two configs differ, as `changes` does."""
    return {name: pair for name, pair in changes(before, after).items() if keys()[name].on_resume == "length"}


def forbidden_changes(before: Config, after: Config) -> dict[str, tuple[str, str]]:
    """Return what makes `after` the config of another run than `before`, as `changes` does; nothing: the same."""
    allowed = {"free"} if has_fixed_length(before) else {"free", "length"}
    return {name: pair for name, pair in changes(before, after).items() if keys()[name].on_resume not in allowed}


def setting_of(config: Config) -> Config:
    """Return a config without what may differ between the runs of one setting: those keys have their defaults."""
    return replaced(config, {name: defaults()[name] for name, key in keys().items() if not key.of_setting})
