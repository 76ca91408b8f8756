"""Default-risk models: labels, splits, fit, calibration, figures. Frames in, values out."""
