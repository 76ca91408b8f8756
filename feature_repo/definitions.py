"""The one file that Feast's own command line reads (``feast -c feature_repo apply``).

Feast collects the objects that it finds as attributes of this module. Data are expected under
``TIDEGATE_VAR_DIR``, or under ``var/`` beside this folder.
"""

import os
from pathlib import Path

from feature_repo import entities, services, views

_VAR_DIR = Path(os.environ.get("TIDEGATE_VAR_DIR", Path(__file__).parents[1] / "var"))
_FEATURES_DIR = _VAR_DIR.resolve() / "features"

account = entities.account()
globals().update({str(name): view for name, view in views.feature_views(_FEATURES_DIR).items()})
globals().update(services.feature_services(_FEATURES_DIR))
