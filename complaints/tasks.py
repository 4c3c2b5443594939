"""Celery entries of complaints."""

from celery import shared_task

from complaints import services
from core import clock


@shared_task
def check_limits() -> None:
    """Warnings and breaches, and owners who do nothing."""
    at = clock.now()
    services.check(at=at)
    services.release_silent(at=at)


@shared_task
def move_cases_on() -> None:
    """Statements, decisions to tell, suspensions and appeal windows whose time is over."""
    at = clock.now()
    services.tell_decisions(at=at)
    services.chase_statements(at=at)
    services.end_suspensions(at=at)
    services.close_windows(at=at)


@shared_task
def care() -> None:
    """Satisfaction to ask for, care that is overdue, greetings whose time has come."""
    at = clock.now()
    services.ask_satisfaction(at=at)
    services.chase_care(at=at)
    services.send_campaigns(at=at)


@shared_task
def watch_roster() -> None:
    services.watch_roster(at=clock.now())
