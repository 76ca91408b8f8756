"""Every command that carries out an operation: what each is for, with an example."""

from tidegate.cli.decision_catalogue import ALLOCATE, BRAKES, DECISIONS, OUTBOX, RULES, SIMULATE
from tidegate.cli.gate_catalogue import HISTORY, KEYS, LAUNCHES, PEOPLE, ROLL_BACK
from tidegate.cli.operation_command import OperationCommand

CYCLE: tuple[OperationCommand, ...] = (
    OperationCommand(
        ("ingest",),
        "ingest_batch",
        "IngestBatchRequest",
        "Read a lender's files into the lake; set bad rows aside.",
        "Reads a file or a folder through the column mapping of its source "
        "(policies/sources/SOURCE.yaml), checks every row against the contracts of the tables, and "
        "appends what holds. Rows that fail are set aside with the reason; a broken batch is "
        "refused whole. The same files again are recognised and change nothing.",
        "tidegate ingest clients.csv --source taiwan",
        ("path",),
    ),
    OperationCommand(
        ("materialize",),
        "materialize_features",
        "MaterializeFeaturesRequest",
        "Compute every account's features as known at a date.",
        "Computes a snapshot of each feature view for the date and for the months before it that "
        "training needs. What is there already is not computed again.",
        "tidegate materialize --as-of 2005-10-31",
    ),
    OperationCommand(
        ("retrain",),
        "retrain_model",
        "RetrainModelRequest",
        "Train a model of default; it becomes the challenger.",
        "Trains on the outcomes known at the date, measures the model on rows it has not seen, and "
        "registers it under the alias 'challenger'. It decides nothing yet.",
        "tidegate retrain --as-of 2005-10-31",
    ),
    OperationCommand(
        ("promote",),
        "promote_model",
        "PromoteModelRequest",
        "Put the challenger through the gate, check by check.",
        "Gathers the evidence, makes every check of the gate chain, and moves the alias 'champion' "
        "only if all of them pass. A refusal leaves the champion as it is and exits with 11.",
        "tidegate promote",
    ),
    OperationCommand(
        ("watch",),
        "watch_drift",
        "WatchDriftRequest",
        "Hold today's portfolio against the usual; alarms brake.",
        "Measures the population stability index and the share of nulls of every column against "
        "the champion's reference, and first missed payments against the months before, and says "
        "none, notice or alarm. An alarm puts on the brake that the policy names; quiet watches "
        "release it.",
        "tidegate watch --as-of 2005-10-31",
    ),
    OperationCommand(
        ("adjust",),
        "adjust_limits",
        "AdjustLimitsRequest",
        "Decide every account's limit with the champion.",
        "Scores each open account, applies the limit policy, allocates within the portfolio's "
        "caps, and writes a decision with its reasons for every account, raised or not, and the "
        "notices and reminders that are due. Without a champion whose certificate holds it refuses "
        "and exits with 12.",
        "tidegate adjust --as-of 2005-10-31",
    ),
    OperationCommand(
        ("report",),
        "write_report",
        "WriteReportRequest",
        "Write the page that tells what the cycle decided.",
        "Gathers the cycle from the ledger and the lake into one HTML file that needs nothing "
        "else: decisions, reasons, caps, portfolio, model, gate, drift, data quality, lineage.",
        "tidegate report --as-of 2005-10-31",
    ),
)

GENERATE_WORLD = OperationCommand(
    ("world", "generate"),
    "generate_world",
    "GenerateWorldRequest",
    "Simulate a portfolio and write its files.",
    "Simulates customers, accounts, statements, transactions and outcomes month by month from a "
    "seed, and writes them as files that 'tidegate ingest --source world' reads.",
    "tidegate world generate var/world --customers 2000",
    ("out",),
    needs_platform=False,
)

CHECK_WORLD = OperationCommand(
    ("world", "check"),
    "check_world",
    "CheckWorldRequest",
    "Hold the simulated portfolio against its targets.",
    "Measures each calibrated quantity of the simulated portfolio, prints it beside its target, "
    "band and source, and trains a model of the platform's own to see how near it comes to the "
    "true risk. Nothing of it is kept.",
    "tidegate world check --seed 7",
)

REHEARSE = OperationCommand(
    ("rehearse",),
    "rehearse_policy",
    "RehearsePolicyRequest",
    "Rehearse the whole platform in a simulated portfolio.",
    "Lives a simulated portfolio month by month: ingests what becomes known, watches, retrains, "
    "promotes or refuses, decides limits, and lets them act on the next month. Rival policies "
    "decide in the same portfolio, one of them knowing the truth, and the platform is scored. A "
    "rehearsal that was stopped goes on where it was.",
    "tidegate rehearse --scenario 2020 --months 24 --customers 20000 --seed 7",
)

WATCH_REGISTRY = OperationCommand(
    ("watch-registry",),
    "watch_registry",
    "WatchRegistryRequest",
    "Find what people did to models in the MLflow UI.",
    "Finds versions tagged promotion=requested and marks them taken; the flow of the same name "
    "starts their promotion, and so does 'tidegate promote --version N'. Holds the alias "
    "'champion' against the ledger, and notes there that it was moved by hand.",
    "tidegate watch-registry",
)

ANNOUNCE = OperationCommand(
    ("announce",),
    "announce",
    "AnnounceRequest",
    "Tell people of something that happened, once.",
    "Logs a notice, and posts it, signed, where TIDEGATE_NOTIFY_WEBHOOK_URL is set. Automations "
    "start the flow of the same name; by hand it tries the webhook. Only the facts listed for an "
    "event are passed on, and the same notice is not sent twice.",
    "tidegate announce --event tidegate.batch.late --subject tidegate.source.world",
)

EVENTS: tuple[OperationCommand, ...] = (WATCH_REGISTRY, ANNOUNCE)

OPERATIONS: tuple[OperationCommand, ...] = (
    *CYCLE,
    ROLL_BACK,
    *PEOPLE,
    HISTORY,
    *DECISIONS,
    REHEARSE,
    ALLOCATE,
    *EVENTS,
    *RULES,
    GENERATE_WORLD,
    CHECK_WORLD,
    *KEYS,
    *BRAKES,
    SIMULATE,
    *OUTBOX,
    *LAUNCHES,
)
