"""The software bill of materials of this environment, as CycloneDX 1.6 (ECMA-424) has it.

Built from what the installed distributions say of themselves. The same environment and model give
the same bytes: there is no time in it, and its serial number follows from its content.
"""

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, PackageMetadata, distributions
from uuid import NAMESPACE_URL, uuid5

from credit_limits.domain.digest import digest_of

SPEC_VERSION = "1.6"
_CLASSIFIER = "License :: "
_LONGEST_LICENCE = 80
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def sbom(model_name: str, version: str, artefact_digest: str) -> dict[str, object]:
    """The bill of materials of a model version in this environment, as JSON-able values.

    Args:
        model_name: in the registry.
        version: of the model.
        artefact_digest: SHA-256 of the model as it is stored, 64 hexadecimal digits.
    """
    model = {
        "type": "machine-learning-model",
        "bom-ref": f"model:{model_name}@{version}",
        "name": model_name,
        "version": version,
        "hashes": [{"alg": "SHA-256", "content": artefact_digest}],
    }
    components, dependencies = installed()
    content: dict[str, object] = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC_VERSION,
        "version": 1,
        "metadata": {"component": model},
        "components": [_interpreter(), *components],
        "dependencies": [
            {"ref": model["bom-ref"], "dependsOn": [item["ref"] for item in dependencies]},
            *dependencies,
        ],
    }
    serial = uuid5(NAMESPACE_URL, f"tidegate:sbom:{digest_of(content)}")
    return {**content, "serialNumber": f"urn:uuid:{serial}"}


@cache
def installed() -> tuple[tuple[dict[str, object], ...], tuple[dict[str, object], ...]]:
    """Components and their dependencies, by name, read once; an environment does not change."""
    read = map(_Installed.read, distributions())
    found = {item.name: item for item in read if item.name}
    components = tuple(_component(found[name]) for name in sorted(found))
    dependencies = tuple(_depends(found[name], found) for name in sorted(found))
    return components, dependencies


@dataclass(frozen=True, slots=True)
class _Installed:
    """What a distribution says of itself, parsed once: a property of it parses at each access."""

    name: str
    metadata: PackageMetadata
    record: str | None

    @classmethod
    def read(cls, item: Distribution) -> "_Installed":
        metadata = item.metadata
        return cls(normalised(metadata["Name"] or ""), metadata, item.read_text("RECORD"))

    @property
    def purl(self) -> str:
        return f"pkg:pypi/{self.name}@{self.metadata['Version']}"


def normalised(name: str) -> str:
    """The name under which an index knows a distribution (PEP 503).

    >>> normalised("Great_Expectations")
    'great-expectations'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _interpreter() -> dict[str, object]:
    version = platform.python_version()
    return {
        "type": "platform",
        "bom-ref": f"python@{version}",
        "name": platform.python_implementation(),
        "version": version,
    }


def _component(item: _Installed) -> dict[str, object]:
    said: dict[str, object] = {
        "type": "library",
        "bom-ref": item.purl,
        "name": item.name,
        "version": item.metadata["Version"],
        "purl": item.purl,
    }
    licences = _licences(item.metadata)
    if licences:
        said["licenses"] = licences
    if item.record is not None:
        # of the list of its files and their hashes; of the archive itself nothing is kept
        digest = digest_of(sorted(_hashed(item.record)))
        said["properties"] = [{"name": "tidegate:installed-files-sha256", "value": digest}]
    return said


def _hashed(record: str) -> list[str]:
    """The package's own lines of a RECORD; commands beside it name this machine's interpreter."""
    lines = record.splitlines()
    return [line for line in lines if ",sha256=" in line and not line.startswith("..")]


def _licences(metadata: PackageMetadata) -> list[dict[str, object]]:
    """An SPDX expression where it has one, else the licence's name, else what it is classed as."""
    for expression in metadata.get_all("License-Expression") or []:
        return [{"expression": expression}]
    name = "".join(metadata.get_all("License") or []).strip()
    if name and "\n" not in name and len(name) <= _LONGEST_LICENCE and name != "UNKNOWN":
        return [{"license": {"name": name}}]
    classed = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier") or []
        if line.startswith(_CLASSIFIER)
    ]
    return [{"license": {"name": name}} for name in classed]


def _depends(item: _Installed, found: Mapping[str, _Installed]) -> dict[str, object]:
    """What it requires without an extra, of what is installed."""
    required = set()
    for line in item.metadata.get_all("Requires-Dist") or []:
        match = _REQUIREMENT.match(line)
        if match and "extra ==" not in line:
            required.add(normalised(match.group()))
    there = sorted(other for other in required if other in found and other != item.name)
    return {
        "ref": item.purl,
        "dependsOn": [found[other].purl for other in there],
    }
