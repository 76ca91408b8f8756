"""Links behind a decision: recorded, told to the analyst alone, made again, missed if altered."""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable

from credit_limits.domain.past_due_link import MOST_LINKS, PastDueLink
from tidegate.operations.explain_account import ExplainAccountRequest, explain_account
from tidegate.operations.prove_decision import ProveDecisionRequest, prove_decision
from tidegate.operations.remade_decisions import Part
from tidegate.operations.replay_decision import ReplayDecisionRequest, replay_decision


def kinds_altered(platform) -> None:
    """Every link of a device becomes a contact: as many customers are linked as before."""
    for uri in DeltaTable(platform.settings.lake_dir / "links").file_uris():
        rows = pq.read_table(uri)
        kinds = rows["kind"].cast(pa.string())
        others = pc.if_else(pc.equal(kinds, "device"), "contact", kinds)
        place = rows.column_names.index("kind")
        field = rows.schema.field(place)
        pq.write_table(rows.set_column(place, field, others.cast(field.type)), uri)


def test_links_past_due_are_named_to_the_analyst_and_to_nobody_else(finished):
    platform = finished.cycle.platform
    rows = platform.lake.read("decisions").to_pylist()
    linked = [row for row in rows if row["past_due_links"]]
    assert len(linked) > 10
    for row in rows:
        found = [PastDueLink.of(text) for text in row["past_due_links"]]
        assert len(found) == min(row["linked_past_due_count"] or 0, MOST_LINKS)
        assert row["customer_id"] not in {link.customer_id for link in found}
        assert [link.customer_id for link in found] == sorted(link.customer_id for link in found)

    named = {PastDueLink.of(text).customer_id for row in linked for text in row["past_due_links"]}
    sent = platform.lake.read("outbox").to_pylist()
    assert any("linked_risk" in notice["reasons"] for notice in sent)
    for notice in sent:
        words = notice["text_en"] + notice["text_zh"]
        assert not [customer for customer in named if customer in words]

    row = linked[0]
    first = PastDueLink.of(row["past_due_links"][0])
    told = explain_account(platform, ExplainAccountRequest(account_id=row["account_id"])).text
    naming = [line for line in told if first.customer_id in line]
    assert len(naming) == 1
    assert naming[0].startswith("- for the analyst alone")
    proof = prove_decision(platform, ProveDecisionRequest(decision_id=row["decision_id"]))
    assert proof.others_named == len(row["past_due_links"])

    whole = ReplayDecisionRequest(batch=row["batch_id"])
    assert replay_decision(platform, whole).all_identical
    kinds_altered(platform)
    replayed = replay_decision(platform, whole)
    assert replayed.changed == (Part.DATA,)
    assert {difference.column for difference in replayed.differences} == {"past_due_links"}
