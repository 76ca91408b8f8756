"""The commands around decisions: rules, brakes, policies tried, notices, explanation, replay."""

from tidegate.cli.operation_command import OperationCommand

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
    "Write the notices and reminders due after a batch.",
    "What 'tidegate adjust' does last, by hand: for a batch that was decided before it did, or was "
    "killed there. Writes a notice for everything that was taken, closed or made dearer, with at "
    "most four reasons and the last day that the rule book leaves for it, an information for what "
    "was not, and a reminder of every bill to come of a risky account, in English and Chinese. A "
    "batch owes each of them once: run again, it is recognised.",
    "tidegate outbox write",
)

LIST_OUTBOX = OperationCommand(
    ("outbox", "list"),
    "list_outbox",
    "ListOutboxRequest",
    "List the notices and reminders that are due.",
    "Says how many of each kind are due by which day, and lists the most pressing of them with the "
    "text for the customer in the language asked for.",
    "tidegate outbox list --kind adverse --due-by 2005-11-07",
)

OUTBOX: tuple[OperationCommand, ...] = (WRITE_OUTBOX, LIST_OUTBOX)

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
    "used with their figures, what it was decided with, how a freeze or a closure ends, which "
    "linked customers are past due, what the customer can do, and how to prove and replay it. "
    "With --batch it counts the ways out of a whole batch, and how many of them change the "
    "decision when it is made again with them.",
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
