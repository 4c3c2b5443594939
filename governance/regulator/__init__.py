"""The regulator's feed (G11): orders, operation, positions, quality of service and base data to the supervision platform
of the ministry (网约车监管信息交互平台), in its layout, checked before they leave. `docs/regulator.md` says what goes and why.
"""
