"""Why a decision is what it is, in codes and in sentences."""
