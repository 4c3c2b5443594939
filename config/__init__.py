"""Composition: settings, addresses, processes, the console. Nothing imports this package but its processes."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
