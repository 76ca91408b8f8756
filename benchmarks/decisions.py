"""From features in hand to explained, ledgered decisions: seconds a step, and peak memory.

    python -m benchmarks.decisions [--accounts N] [--trees T] [--threads K] [--json]

Accounts are drawn, a booster of as many trees is trained on some of them, and then each step of
an adjustment of limits runs as the platform runs it, under the policy and the rule book that ship:
scoring, digests and ids, deciding under the portfolio's caps, TreeSHAP for the accounts whose
strongest reason rests on the risk, rows, the lake, leaves and Merkle root, the ledger, and the
notices that the decisions owe. Seconds are those of the clock on the wall; the processor's, of all
threads, stand beside, since other work on the machine lengthens the former. The steps run in a
process of their own, so that the peak memory is theirs and that of drawing the accounts.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pyarrow as pa

from credit_limits.domain.account import LinkKind
from credit_limits.domain.features import service_named
from credit_limits.domain.past_due_link import PastDueLink
from credit_limits.ledger.entry import EntryKind
from credit_limits.ledger.merkle import merkle_root
from credit_limits.policy.brakes import NO_BRAKES
from credit_limits.policy.limit_policy import parse_limit_policy
from credit_limits.policy.portfolio import FEATURES_READ, Floats, Portfolio, rule_features
from tidegate.adapters.dated_policies import load_dated
from tidegate.adapters.settings import Settings
from tidegate.operations.decision_inputs import DecisionInputs, feature_reasons, model_inputs
from tidegate.operations.decision_rows import Lineage, decision_rows, identify, leaf_digests
from tidegate.operations.outbox_rows import TABLE, DecidedBatch, notices_due
from tidegate.operations.past_due_links import PastDueLinks, link_texts
from tidegate.operations.platform import Platform, open_platform
from tidegate.operations.rule_book import rule_book_at
from tidegate.operations.source_digests import deciding_code_digest, solver_digest
from training.calibration import Calibration
from training.model import DefaultRiskModel

_POLICIES = Path(__file__).parent.parent / "policies"
_AS_OF = date(2024, 1, 31)
_SERVICE = "default_risk_v1"
_TRAINED_ON = 50_000


class Steps:
    """Seconds of each step, by the wall and of the processor, and memory after it."""

    def __init__(self) -> None:
        self.rows: list[dict[str, object]] = []

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Measure what is done inside under this name."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.rows.append(
            {
                "step": name,
                "seconds": round(time.perf_counter() - wall, 2),
                "cpu_seconds": round(time.process_time() - cpu, 2),
                "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
            }
        )


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        report = pool.submit(run, options.accounts, options.trees, options.threads).result()
    print(json.dumps(report, indent=2) if options.json else _text(report))
    return 0


def run(accounts: int, trees: int, threads: int) -> dict[str, object]:
    """Every step on as many drawn accounts, in a folder of its own that is removed again."""
    random = np.random.default_rng(7)
    frame = drawn_features(random, accounts)
    model = trained(random, frame.head(_TRAINED_ON), trees)
    with tempfile.TemporaryDirectory(prefix="decisions_") as folder:
        platform = open_platform(
            Settings(var_dir=Path(folder), policies_dir=_POLICIES, actor="benchmark")
        )
        return _measured(platform, frame, model, threads)


def drawn_features(random: np.random.Generator, accounts: int) -> pd.DataFrame:
    """A row an account: ``account_id`` and every feature of the service, some not known."""
    use = random.beta(2, 4, accounts)
    limit = (random.integers(5, 500, accounts) * 10_000).astype(np.float64)
    late = random.random(accounts) < 0.05 + 0.15 * use
    drawn = {
        name: np.where(random.random(accounts) < 0.05, np.nan, random.lognormal(0, 1, accounts))
        for name in service_named(_SERVICE).feature_names
    }
    drawn |= {
        "limit_minor": limit,
        "account_age_months": random.integers(1, 60, accounts).astype(np.float64),
        "income_monthly_minor": random.lognormal(14, 0.5, accounts).round(),
        "statement_count_12m": random.integers(3, 13, accounts).astype(np.float64),
        "balance_mean_6m_minor": (use * limit).round(),
        "paid_mean_6m_minor": (use * limit * random.random(accounts)).round(),
        "utilization_ratio_12m": use,
        "payment_ratio_12m": random.random(accounts),
        "on_time_streak_months": np.where(late, 0, random.integers(1, 13, accounts)) * 1.0,
        "days_past_due_latest": np.where(late, random.choice([5, 30, 60, 90], accounts), 0) * 1.0,
        "revolving_share_12m": random.random(accounts),
        "transaction_count_90d": random.poisson(15, accounts) * 1.0,
        "spend_90d_minor": (use * limit * 2).round(),
        "spend_trend_90d": random.uniform(0.4, 1.8, accounts),
        "scenario_concentration_90d": random.beta(2, 4, accounts),
        "login_count_30d": random.poisson(9, accounts) * 1.0,
        "login_ratio_7d": random.lognormal(0, 0.4, accounts),
        "disputed_transaction_count_90d": random.poisson(0.03, accounts) * 1.0,
        "has_backup_repayment_source": (random.random(accounts) < 0.2) * 1.0,
        "loan_application_count_7d": random.poisson(0.2, accounts) * 1.0,
        "loan_application_count_30d": random.poisson(0.8, accounts) * 1.0,
        "device_change_count_30d": random.poisson(0.2, accounts) * 1.0,
        "linked_past_due_count": random.poisson(0.1, accounts) * 1.0,
        "bureau_other_balance_minor": random.lognormal(13, 1, accounts).round(),
    }
    ids = np.char.add("A", np.char.zfill(np.arange(accounts).astype(str), 9))
    return pd.DataFrame({"account_id": ids, **drawn})


def trained(random: np.random.Generator, rows: pd.DataFrame, trees: int) -> DefaultRiskModel:
    """A booster of the risk that the drawn accounts would have."""
    names = list(service_named(_SERVICE).feature_names)
    risk = -5.5 + 3 * rows["utilization_ratio_12m"] + rows["days_past_due_latest"] / 15
    label = random.random(len(rows)) < 1 / (1 + np.exp(-risk))
    booster = lightgbm.train(
        {"objective": "binary", "num_leaves": 31, "learning_rate": 0.05, "verbosity": -1},
        lightgbm.Dataset(rows[names].to_numpy(), label.astype(float), feature_name=names),
        num_boost_round=trees,
    )
    return DefaultRiskModel(booster.model_to_string(), tuple(names), Calibration(1.0, 0.0))


def _measured(
    platform: Platform, frame: pd.DataFrame, model: DefaultRiskModel, threads: int
) -> dict[str, object]:
    step, started, cpu = Steps(), time.perf_counter(), time.process_time()
    file = load_dated(platform.policies("limits"), _AS_OF)
    policy, rulebook = file.parsed(parse_limit_policy), rule_book_at(platform, _AS_OF)
    with step("score"):
        score = model.score(frame, threads=threads)
    with step("portfolio"):
        portfolio = _portfolio(frame, score)
        features = model_inputs(frame, portfolio, model)
    inputs = DecisionInputs(
        portfolio, policy, NO_BRAKES, rulebook, 6, features, _links(portfolio), model
    )
    lineage = Lineage(
        model_version="1",
        artefact_digest=model.artefact_digest,
        certificate_digest="0" * 64,
        policy_version=file.version,
        policy_digest=file.digest,
        data_versions={"accounts": 0},
        code_digest=deciding_code_digest(),
        solver_digest=solver_digest(),
        rulebook_version=rulebook.version,
        rulebook_digest=rulebook.digest,
        overlay_version="overlay/none",
        overlay_digest="0" * 64,
        limit_response_version="",
        limit_response_digest="",
    )
    with step("digests and ids"):
        identity = identify(portfolio, features, lineage)
    with step("decide"):
        batch = inputs.decided()
    with step("TreeSHAP"):
        names, contributions = feature_reasons(inputs, batch, threads)
    with step("rows"):
        rows = decision_rows(
            portfolio,
            batch,
            lineage,
            identity=identity,
            feature_reasons=names,
            feature_contributions=contributions,
            past_due_links=link_texts(portfolio, inputs.links),
        )
    with step("lake"):
        platform.lake.append("decisions", rows, "limits")
        del rows  # as an adjustment does: what was written is read back
        pa.default_memory_pool().release_unused()
        stored = platform.lake.read("decisions", batch_id="limits")
    with step("leaves"):
        leaves = leaf_digests(stored)
    with step("Merkle root"):
        root = merkle_root(leaves)
    with step("ledger"):
        payload = {"batch_id": "limits", "merkle_root": root, "decisions": len(leaves)}
        platform.ledger.append(EntryKind.LIMITS_ADJUSTED, "benchmark", payload, key=root)
    with step("notices"):
        notices = notices_due(DecidedBatch(_AS_OF, "limits", {}, {}), stored)
        platform.lake.append(TABLE, notices, "outbox")
    return {
        "accounts": len(portfolio),
        "features": len(model.feature_names),
        "trees": model.booster.num_trees(),
        "explained_by_tree_shap": int(np.count_nonzero([len(x) for x in names.to_pylist()])),
        "notices": notices.num_rows,
        "raised": int((batch.to_minor > portfolio.limit_minor).sum()),
        "gap": batch.certificate.gap,
        "steps": step.rows,
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "peak_gb": step.rows[-1]["peak_gb"],
    }


def _links(portfolio: Portfolio) -> PastDueLinks:
    """As many links to customers past due as the features count."""
    counts = np.nan_to_num(portfolio.features.linked_past_due_count).astype(np.int64)
    return {
        str(portfolio.customer_id[place]): [
            PastDueLink(f"L{number:09d}", (LinkKind.DEVICE,)) for number in range(counts[place])
        ]
        for place in np.flatnonzero(counts).tolist()
    }


def _portfolio(frame: pd.DataFrame, score: Floats) -> Portfolio:
    count = len(frame)
    limit = frame["limit_minor"].to_numpy(np.int64)
    none = np.zeros(count, np.bool_)
    return Portfolio(
        as_of=_AS_OF,
        account_id=frame["account_id"].to_numpy(np.str_),
        customer_id=frame["account_id"].to_numpy(np.str_),
        product=(np.arange(count) % 3 == 0).astype(np.int64),
        status=np.zeros(count, np.int64),
        limit_minor=limit,
        balance_minor=frame["balance_mean_6m_minor"].to_numpy(np.int64),
        annual_rate=np.full(count, 0.18),
        default_probability=score,
        model_probability=score,
        human_review_only=none,
        declines_increases=none,
        increases_closed_until=np.full(count, np.datetime64("NaT"), "datetime64[D]"),
        state_since=np.full(count, np.datetime64("NaT"), "datetime64[D]"),
        state_causes=np.zeros(count, np.int64),
        state_conflict=none,
        months_since_limit_change=np.full(count, np.nan),
        months_since_extension=np.full(count, np.nan),
        months_since_rate_change=np.full(count, np.nan),
        income_lost_ratio=np.zeros(count),
        customer_total_minor=limit,
        customer_account_count=np.ones(count, np.int64),
        segment=np.zeros(count, np.int64),
        region=np.full(count, ""),
        partner=np.full(count, ""),
        features=rule_features(
            {name: frame[name].to_numpy(np.float64) for name in FEATURES_READ if name in frame},
            count,
        ),
    )


def _text(report: dict[str, object]) -> str:
    steps = report["steps"]
    assert isinstance(steps, list)
    lines = [
        f"{report['accounts']:,} accounts, {report['features']} features, {report['trees']} trees; "
        f"{report['explained_by_tree_shap']:,} explained by TreeSHAP, {report['raised']:,} raised, "
        f"{report['notices']:,} notices, gap {report['gap']:.1e}",
        f"{'step':<16}{'seconds':>9}{'CPU':>9}{'peak GB':>9}",
        *(
            f"{row['step']:<16}{row['seconds']:>9}{row['cpu_seconds']:>9}{row['peak_gb']:>9}"
            for row in steps
        ),
        f"{'all':<16}{report['seconds']:>9}{report['cpu_seconds']:>9}{report['peak_gb']:>9}",
    ]
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.decisions", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--accounts", type=int, default=1_000_000, help="accounts to decide")
    parser.add_argument("--trees", type=int, default=200, help="trees of the booster")
    parser.add_argument("--threads", type=int, default=2, help="threads for scoring and TreeSHAP")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


if __name__ == "__main__":
    sys.exit(main())
