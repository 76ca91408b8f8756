"""The model card: what the model is for, what it learnt from, how good it is, where it stops.

After Mitchell et al., Model Cards for Model Reporting (2019).
"""

from collections.abc import Iterable, Sequence

from training.evaluate import BINS, Figure
from training.run import TrainingRun

_SHOWN = 15
_FIGURES = {
    "auc": "AUC: pairs of a default and a good account ranked rightly",
    "ks": "KS: distance of the two score distributions",
    "ece": f"calibration error over {BINS} bins of equal numbers of rows",
    "brier": "Brier score",
    "slope": "calibration slope (1 is right)",
    "intercept": "calibration intercept (0 is right)",
    "predicted_over_observed": "predicted over observed defaults (1 is right)",
}


def model_card(run: TrainingRun) -> str:
    """The card in Markdown; every number in it comes from ``run``."""
    sections = (_purpose(run), _data(run), _figures(run), _behaviour(run), _limits(run))
    return "\n\n".join(sections) + "\n"


def _purpose(run: TrainingRun) -> str:
    months = run.lineage.label_window_months
    return f"""# default_risk

Probability that an account defaults within {months} month{"s" * (months > 1)} of a date: 90 days
past due or more, or charged off{_as_told(run)}. It drives limit adjustments once it has cleared
the gate chain, and nothing else.

LightGBM, {run.model.booster.num_trees()} trees over {len(run.model.feature_names)} inputs of the
feature service `{run.lineage.feature_service}`, with monotone constraints where the direction is
declared; then log-odds times {run.model.calibration.slope:.4f} plus
{run.model.calibration.intercept:.4f}. Artefact `{run.model.artefact_digest}`."""


def _as_told(run: TrainingRun) -> str:
    return ", as the lender's own outcomes say" if run.label_source == "outcomes" else ""


def _data(run: TrainingRun) -> str:
    lineage, sizes = run.lineage, run.split.sizes
    rows = run.assignments
    used = rows.groupby(rows["as_of"].dt.date)["part"].unique()
    cohorts = table(
        ("cohort", "accounts", "defaults", "in default already", "unresolved", "used for"),
        (
            (
                str(count.as_of),
                f"{count.accounts:,}",
                f"{count.defaulted:,}",
                f"{count.in_default_already:,}",
                f"{count.unresolved:,}",
                _use(used.get(count.as_of)),
            )
            for count in run.cohorts
        ),
    )
    parts = table(("part", "rows"), ((name, f"{count:,}") for name, count in sizes.items()))
    versions = ", ".join(f"{table} {version}" for table, version in lineage.data_versions.items())
    return f"""## Data

Knowledge up to {lineage.as_of}; labels from `{run.label_source}`; {len(rows):,} rows used, default
rate {run.default_rate:.4f}.

{cohorts}

{parts}

{run.split.purged}

Table versions: {versions}. Policy `{lineage.policy_version}` (`{lineage.policy_digest[:12]}`),
code `{lineage.code_digest[:12]}`, seed {lineage.seed}."""


def _use(parts: Iterable[str] | None) -> str:
    return "nothing: not mature" if parts is None else ", ".join(sorted(parts))


def _figures(run: TrainingRun) -> str:
    figures = run.figures
    lines = [(text, *_interval(getattr(figures, name))) for name, text in _FIGURES.items()]
    text = f"""## Figures on the test rows

{run.rows_test:,} rows with {int(run.sample["label"].sum()):,} defaults. Intervals of 95 %,
{run.policy.evaluation.resamples} bootstrap resamples of customers.

{table(("figure", "value", "from", "to"), lines)}"""
    validation = run.cross_validation
    if validation is None:
        return text
    rows = [
        (f"AUC, mean of {validation.folds} folds", *_interval(validation.auc)),
        (f"KS, mean of {validation.folds} folds", *_interval(validation.ks)),
        ("calibration error of all rows, each out of fold", *_interval(validation.ece)),
    ]
    return f"""{text}

Cross-validated over all {validation.rows:,} rows:

{table(("figure", "value", "from", "to"), rows)}"""


def _behaviour(run: TrainingRun) -> str:
    tried = run.behaviour.directions
    violated = [item for item in tried if item.violations]
    found = (
        "none moved against it"
        if not violated
        else "; ".join(
            f"{item.feature} on {item.violations} of {item.rows} rows" for item in violated
        )
    )
    late = run.behaviour.days_past_due
    said = (
        "there is no such input"
        if late is None
        else f"it lowered the risk on {late.violations} of {late.rows} rows"
    )
    inputs = table(
        ("input", "mean absolute contribution to the log-odds"),
        ((f"`{name}`", f"{value:.4f}") for name, value in list(run.importances.items())[:_SHOWN]),
    )
    return f"""## Behaviour

{len(tried)} inputs with a declared direction were raised on real rows: {found}. All days past due
raised together: {said}.

{inputs}"""


def _limits(run: TrainingRun) -> str:
    return f"""## Limits

- It is not a probability at another limit: inputs are today's, and a higher limit would make
  utilization look safer than it is.
- Sex, marital status, education and ethnicity are no inputs; whether outcomes differ between such
  groups is for the fairness check to measure.
- Accounts that are 90 days past due already are {_already(run)}.
- Where a table is not delivered its inputs are null, in training and in use alike."""


def _already(run: TrainingRun) -> str:
    if run.label_source == "outcomes":
        return "scored and learnt from like any other, because the lender's outcomes include them"
    return "not learnt from; their score says little"


def _interval(figure: Figure) -> tuple[str, str, str]:
    return f"{figure.value:.4f}", f"{figure.low:.4f}", f"{figure.high:.4f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
