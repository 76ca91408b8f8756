"""The commands that carry out an operation: what each is for, with an example.

The names of modules and request models stand here as text, so that ``tidegate --help`` lists the
commands without importing what they run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class OperationCommand:
    """A command that builds one request, hands it to one operation and prints the outcome.

    ``path`` is the command's words. ``operation`` names the module under ``tidegate.operations``
    and the function in it, ``request`` the model in the same module, whose fields become the
    options; those in ``arguments`` are given by position. An operation that works on files alone
    needs no platform.
    """

    path: tuple[str, ...]
    operation: str
    request: str
    summary: str
    description: str
    example: str
    arguments: tuple[str, ...] = ()
    needs_platform: bool = True

    @property
    def name(self) -> str:
        """The last word."""
        return self.path[-1]

    @property
    def words(self) -> str:
        """All words, as they are typed after ``tidegate``."""
        return " ".join(self.path)

    def request_type(self) -> type[BaseModel]:
        """The request model, imported now."""
        module = import_module(f"tidegate.operations.{self.operation}")
        return cast("type[BaseModel]", getattr(module, self.request))

    def function(self) -> Callable[..., BaseModel]:
        """The operation, imported now: of a platform, where it needs one, and a request."""
        module = import_module(f"tidegate.operations.{self.operation}")
        return cast("Callable[..., BaseModel]", getattr(module, self.operation))


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
        "caps, and writes a decision with its reasons for every account, raised or not. Without a "
        "champion whose certificate holds it refuses and exits with 12.",
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

ROLL_BACK = OperationCommand(
    ("roll-back",),
    "roll_back_model",
    "RollBackModelRequest",
    "Make an earlier certified version the champion again.",
    "Moves the alias 'champion' back to a version that was certified and whose certificate still "
    "verifies, and records who asked and why.",
    'tidegate roll-back --version 1 --reason "losses above the forecast"',
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

ALLOCATE = OperationCommand(
    ("allocate",),
    "allocate_problem",
    "AllocateProblemRequest",
    "Solve a stand-alone allocation problem from a file.",
    "Chooses one candidate for each account with the most profit under the caps, and says how far "
    "from the best the choice may be. The archive holds the arrays profit[N,K], weights[M,N,K], "
    "caps[M] and allowed[N,K]. Caps that cannot be met are named with the proof, and the command "
    "exits with 13. Nothing is kept.",
    "tidegate allocate --problem problem.npz --json",
    needs_platform=False,
)

APPROVE = OperationCommand(
    ("approve",),
    "approve_version",
    "ApprovalRequest",
    "Sign for a version that waits for people.",
    "Where the policy asks for people, a promotion is refused until enough of them have signed. "
    "Signs with your key for this very model, data and thresholds; whoever made the model cannot. "
    "Once enough have, 'tidegate promote' passes.",
    'tidegate approve 4 --key ~/.tidegate/me.pem --reason "figures and older thresholds read"',
    ("version",),
)

REJECT = OperationCommand(
    ("reject",),
    "reject_version",
    "ApprovalRequest",
    "Say no to a version that waits for people.",
    "Signs a no with your key. The version stays out until the same person approves it.",
    'tidegate reject 4 --key ~/.tidegate/me.pem --reason "the older thresholds would refuse"',
    ("version",),
)

APPROVE_PEOPLE = OperationCommand(
    ("approve-people",),
    "approve_people",
    "ApprovePeopleRequest",
    "Sign for a new list of approvers.",
    "Once the ledger knows two approvers, a new file in policies/approvals counts only after two "
    "of those before have signed for it. Until then the old one does.",
    'tidegate approve-people --key ~/.tidegate/me.pem --reason "Zhao has left"',
)

OVERRIDE = OperationCommand(
    ("override",),
    "override_version",
    "OverrideRequest",
    "Sign that one refused check shall not keep a version out.",
    "Answers, until a day, for what one check refused of one version, on these very figures. It "
    "counts once two approvers other than the maker have signed the same; then 'tidegate promote' "
    "passes, and the champion decides no longer than the override lasts. The checks data, time, "
    "technical and people can never be overridden.",
    "tidegate override 4 --check calibration --until 2026-12-20 --key ~/.tidegate/me.pem "
    '--reason "the winter cohort is small"',
    ("version",),
)

EVIDENCE = OperationCommand(
    ("evidence",),
    "write_evidence",
    "WriteEvidenceRequest",
    "Write the evidence pack of a version for who must sign.",
    "Writes one HTML page that needs nothing else, and its JSON, from the last verdict on the "
    "version: what is asked of you, what is unusual, check by check figures, thresholds and why, "
    "the champion beside it, fairness, data, model card, lineage and who signed. Every promotion "
    "and every refusal writes it, too; the same content gives the same bytes.",
    "tidegate evidence 4",
    ("version",),
)

LIST_OVERRIDES = OperationCommand(
    ("overrides",),
    "list_overrides",
    "ListOverridesRequest",
    "List who answers for which refusal, and until when.",
    "Every override that has not ended, by the ledger: check, version, last day, reason, who has "
    "signed and whether that is enough. With --ended those that have ended, too.",
    "tidegate overrides --json",
)

HISTORY = OperationCommand(
    ("history",),
    "history",
    "HistoryRequest",
    "Say which version drove limits, since when and on what.",
    "Reads the ledger alone: every version that was champion, from when to when, who made it so, "
    "why, on what evidence and whose approval. With --on, that of one day.",
    "tidegate history --on 2005-10-31",
)

LAUNCH_STATUS = OperationCommand(
    ("launch", "status"),
    "launch_status",
    "LaunchStatusRequest",
    "Say which version is in which step of its launch.",
    "Shows the champion and the version that launches beside it: its steps, the cycles served, "
    "what the canary's accounts came to beside the others, parity and swap set of the last shadow, "
    "and what comes next.",
    "tidegate launch status",
)

LAUNCH_STOP = OperationCommand(
    ("launch", "stop"),
    "launch_stop",
    "StopLaunchRequest",
    "Stop a launch; the champion stays.",
    "Ends the launch of the version that is in shadow or canary, and keeps who asked and why. "
    "What its canary decided stays as it is, and the champion decides all accounts from then on.",
    'tidegate launch stop --reason "complaints from the canary"',
)

LAUNCHES: tuple[OperationCommand, ...] = (LAUNCH_STATUS, LAUNCH_STOP)

NEW_KEY = OperationCommand(
    ("key", "new"),
    "new_key",
    "NewKeyRequest",
    "Make a private key of your own.",
    "Writes a private key that its owner alone may read, and prints the public half, which goes "
    "into a file in policies/approvals. A file that is there is never overwritten.",
    "tidegate key new ~/.tidegate/me.pem",
    ("path",),
    needs_platform=False,
)

LIST_KEYS = OperationCommand(
    ("key", "list"),
    "list_keys",
    "ListKeysRequest",
    "List the keys that signed for the platform.",
    "Every key by the ledger, with the day it was added and, where it was revoked, when and why.",
    "tidegate key list",
)

ROTATE_KEY = OperationCommand(
    ("key", "rotate"),
    "rotate_key",
    "RotateKeyRequest",
    "Sign with a new platform key from now on.",
    "Makes a key, has the present one sign for it, and puts it in its place. What was signed "
    "before stays good.",
    'tidegate key rotate --reason "yearly"',
)

REVOKE_KEY = OperationCommand(
    ("key", "revoke"),
    "revoke_key",
    "RevokeKeyRequest",
    "Trust nothing more that a key has signed.",
    "Revokes a key of the platform; the one that signs now is replaced first. A champion that it "
    "signed for decides nothing until it is promoted or rolled back to again.",
    'tidegate key revoke 66687aadf862bd77 --reason "the machine was stolen"',
    ("key_id",),
)

SET_BRAKE = OperationCommand(
    ("control", "set"),
    "set_brake",
    "SetBrakeRequest",
    "Hold raises back in a part of the portfolio, for a time.",
    "Puts a brake on: no raises, smaller raises, or raises judged more strictly, for a product, a "
    "segment, a region or all, until a day on which it ends by itself. Who answers for it and why "
    "stay in the ledger. Where the approval policy names approvers it takes the key of one.",
    "tidegate control set slow_increases --ratio 1.1 --product cash_loan --until 2006-01-31 "
    '--owner "head of credit" --reason "unemployment is rising"',
    ("measure",),
)

PREVIEW_BRAKE = OperationCommand(
    ("control", "preview"),
    "preview_brake",
    "PreviewBrakeRequest",
    "Say what a brake would do, before it is set.",
    "Decides the latest portfolio without and with the brake, by the certified champion, and says "
    "whose decision changes: raises stopped, limits, exposure, expected loss and profit, by grade "
    "of risk, segment and product. Nothing is written.",
    "tidegate control preview no_increases --segment micro_merchant",
    ("measure",),
)

LIST_BRAKES = OperationCommand(
    ("control", "list"),
    "list_brakes",
    "ListBrakesRequest",
    "List the brakes that hold.",
    "Every brake that holds on a day, put on by an alarm or set by a person: what it orders and "
    "for whom, since when and until when at most, who answers for it and why.",
    "tidegate control list",
)

RELEASE_BRAKE = OperationCommand(
    ("control", "end"),
    "release_brake",
    "ReleaseBrakeRequest",
    "End a brake before it ends by itself.",
    "Releases the brake of that entry of the ledger from a day on, and keeps who asked and why. "
    "Where the approval policy names approvers it takes the key of one of them. The next alarm "
    "applies a new brake.",
    'tidegate control end 41 --reason "the file of March came late"',
    ("sequence",),
)

BRAKES: tuple[OperationCommand, ...] = (SET_BRAKE, LIST_BRAKES, RELEASE_BRAKE, PREVIEW_BRAKE)

SIMULATE = OperationCommand(
    ("policy", "simulate"),
    "simulate_policy",
    "SimulatePolicyRequest",
    "Say what another limit policy would decide today.",
    "Decides the latest portfolio under the policy in force and under another, with the same "
    "champion, brakes, overlay and rule book, and compares them: who moves from which action to "
    "which, profit, loss, exposure, caps and welfare, by grade, segment and product. Writes a page "
    "and its figures under the reports, and nothing to the lake or the ledger.",
    "tidegate policy simulate --policy drafts/2006-01-01.yaml",
)

WRITE_OUTBOX = OperationCommand(
    ("outbox", "write"),
    "write_outbox",
    "WriteOutboxRequest",
    "Derive the notices that a batch of decisions owes.",
    "Writes a notice for every limit that was lowered or closed, with at most four reasons and the "
    "last day that the rule book leaves for it, and an information for every raise, in English and "
    "Chinese. A batch owes each notice once: run again, it is recognised.",
    "tidegate outbox write",
)

LIST_OUTBOX = OperationCommand(
    ("outbox", "list"),
    "list_outbox",
    "ListOutboxRequest",
    "List the notices that are due.",
    "Lists what 'tidegate outbox write' has written, the most pressing first, with the text for "
    "the customer in the language asked for.",
    "tidegate outbox list --kind adverse --due-by 2005-11-07",
)

OUTBOX: tuple[OperationCommand, ...] = (WRITE_OUTBOX, LIST_OUTBOX)

KEYS: tuple[OperationCommand, ...] = (NEW_KEY, LIST_KEYS, ROTATE_KEY, REVOKE_KEY)
PEOPLE: tuple[OperationCommand, ...] = (
    EVIDENCE,
    APPROVE,
    REJECT,
    APPROVE_PEOPLE,
    OVERRIDE,
    LIST_OVERRIDES,
)

LIST_RULES = OperationCommand(
    ("rulebook", "list"),
    "rulebook_list",
    "RulebookListRequest",
    "List the rules of law in force on a day.",
    "Reads policies/rulebook, and policies/lender for whose rules bind under which licence, and "
    "lists the rules in force: predicate, effect, severity, source. --json gives every field.",
    "tidegate rulebook list --on 2025-04-01",
)

COMPARE_RULES = OperationCommand(
    ("rulebook", "diff"),
    "rulebook_diff",
    "RulebookDiffRequest",
    "Say what changes in the rules from one day to another.",
    "Compares the rule books of two days: rules added, ended and changed, with what each says "
    "before and after.",
    "tidegate rulebook diff --from 2025-02-28 --to 2025-10-01",
)

RULES: tuple[OperationCommand, ...] = (LIST_RULES, COMPARE_RULES)

EXPLAIN = OperationCommand(
    ("explain",),
    "explain_account",
    "ExplainAccountRequest",
    "Explain an account's decision, and what would change it.",
    "Tells the latest decision of an account in words: the limit, the reasons that were really "
    "used with their figures, what it was decided with, what the customer can do, and how to "
    "prove and replay it. With --batch it counts the ways out of a whole batch, and how many of "
    "them change the decision when it is made again with them.",
    "tidegate explain A00017 --language zh",
    ("account_id",),
)

REPLAY = OperationCommand(
    ("replay",),
    "replay_decision",
    "ReplayDecisionRequest",
    "Make decisions again and say whether they come out alike.",
    "Decides again from the tables, the model, the policy and the brakes of the day, and says "
    "identical, or which of data, features, model, policy, rule book, overlay, brakes, solver and "
    "code changed; then it exits with 18. Nothing is written.",
    "tidegate replay --batch limits-2005-10-31-0123456789ab",
    ("decision_id",),
)

DECISIONS: tuple[OperationCommand, ...] = (EXPLAIN, REPLAY)

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
