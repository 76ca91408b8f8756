"""The surface that models, reasons and consents depend on: a change is meant, or a mistake."""

import json
from pathlib import Path

from credit_limits.domain.features import FEATURES, SERVICES, VIEW_SPECS

GOLDEN = Path(__file__).parent / "features_surface.json"


def surface():
    return {
        "views": {
            spec.view: {
                "tables": list(spec.tables),
                "category": spec.category,
                "purpose": spec.purpose,
                "consent": spec.consent,
                "features": {f.name: f.direction.name for f in FEATURES if f.view == spec.view},
            }
            for spec in VIEW_SPECS
        },
        "services": {service.name: list(service.views) for service in SERVICES},
    }


def test_the_surface_is_what_it_was():
    """After a change that is meant, write ``surface()`` to the file and name a new service."""
    assert json.loads(json.dumps(surface())) == json.loads(GOLDEN.read_text(encoding="utf-8"))
