"""The bill of materials has CycloneDX' shape and says what is installed; the data sheet reads."""

import re
from dataclasses import replace
from importlib.metadata import version
from uuid import UUID

import pytest

from credit_limits.domain.digest import canonical_json
from tests.golden.evidence_samples import SHEET
from tidegate.adapters.data_sheet import markdown
from tidegate.adapters.sbom import normalised, sbom

DIGEST = "a" * 64


@pytest.fixture(scope="module")
def bill() -> dict:
    return sbom("default_risk", "4", DIGEST)


class TestBill:
    def test_it_has_the_shape_of_the_standard(self, bill):
        assert set(bill) == {
            "bomFormat",
            "specVersion",
            "serialNumber",
            "version",
            "metadata",
            "components",
            "dependencies",
        }
        assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
        UUID(bill["serialNumber"].removeprefix("urn:uuid:"))
        model = bill["metadata"]["component"]
        assert model["type"] == "machine-learning-model"
        assert model["hashes"] == [{"alg": "SHA-256", "content": DIGEST}]

    def test_each_component_has_what_the_standard_asks_of_one(self, bill):
        known = {"type", "bom-ref", "name", "version", "purl", "licenses", "properties"}
        for item in bill["components"]:
            assert set(item) <= known
            assert item["type"] in ("library", "platform")
            assert item["name"]
            assert item["version"]
            for licence in item.get("licenses", []):
                assert set(licence) in ({"expression"}, {"license"})
            expressions = [row for row in item.get("licenses", []) if "expression" in row]
            assert not expressions or len(item["licenses"]) == 1
            for pair in item.get("properties", []):
                assert set(pair) == {"name", "value"}
                assert re.fullmatch(r"[0-9a-f]{64}", pair["value"])

    def test_references_are_unique_and_lead_somewhere(self, bill):
        places = [item["bom-ref"] for item in bill["components"]]
        places.append(bill["metadata"]["component"]["bom-ref"])
        assert len(set(places)) == len(places)
        assert len({row["ref"] for row in bill["dependencies"]}) == len(bill["dependencies"])
        for row in bill["dependencies"]:
            assert {row["ref"], *row["dependsOn"]} <= set(places)

    def test_it_names_what_is_installed(self, bill):
        by_name = {item["name"]: item for item in bill["components"]}
        for name in ("lightgbm", "mlflow", "numpy"):
            assert by_name[name]["version"] == version(name)
            assert by_name[name]["purl"] == f"pkg:pypi/{name}@{version(name)}"
            assert by_name[name]["licenses"]
        depends = {row["ref"]: row["dependsOn"] for row in bill["dependencies"]}
        assert f"pkg:pypi/numpy@{version('numpy')}" in depends[by_name["pandas"]["purl"]]

    def test_the_same_environment_and_model_give_the_same_bytes(self, bill):
        assert canonical_json(sbom("default_risk", "4", DIGEST)) == canonical_json(bill)
        other = sbom("default_risk", "5", DIGEST)
        assert other["serialNumber"] != bill["serialNumber"]

    def test_names_are_those_of_an_index(self):
        assert normalised("ruamel.yaml__clib") == "ruamel-yaml-clib"


class TestSheet:
    def test_it_reads(self):
        text = markdown(SHEET)
        assert "| `statements` | 7 | 420,000 | 2022-12-31 | 2024-01-31 | 35 |" in text
        assert "| `statements` | `fees_minor` | 25.0% |" in text
        assert "90 days past due or more, or charged off, within 6 months of" in text
        assert "58,000 labelled rows, base rate\n0.0421" in text
        assert "- sex: known of 29,000 customers" in text
        assert "- nothing of those who were refused" in text

    def test_what_is_not_known_is_said(self):
        bare = replace(SHEET, tables=SHEET.tables[:1], protected=())
        assert "## Columns with nulls\n\nNone." in markdown(bare)
        assert "None is known." in markdown(bare)
