"""The commands of the gate: people, keys, evidence, history and launches, with an example each."""

from tidegate.cli.operation_command import OperationCommand

ROLL_BACK = OperationCommand(
    ("roll-back",),
    "roll_back_model",
    "RollBackModelRequest",
    "Make an earlier certified version the champion again.",
    "Moves the alias 'champion' back to a version that was certified and whose certificate still "
    "verifies, and records who asked and why.",
    'tidegate roll-back --version 1 --reason "losses above the forecast"',
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

KEYS: tuple[OperationCommand, ...] = (NEW_KEY, LIST_KEYS, ROTATE_KEY, REVOKE_KEY)

PEOPLE: tuple[OperationCommand, ...] = (
    EVIDENCE,
    APPROVE,
    REJECT,
    APPROVE_PEOPLE,
    OVERRIDE,
    LIST_OVERRIDES,
)
