"""What the addresses of drivers are about: one of each (`tests/test_permissions.py`)."""

from datetime import timedelta

from django.db import transaction

from core import clock, pictures
from core.actors import SYSTEM
from drivers.models import MismatchReport, PlatePhoto, Reward
from drivers.selectors import driver_of
from drivers.services import (
    appeal,
    ask_face_check,
    ask_video_check,
    begin_application,
    give_video_consent,
    hold_driver,
    keep_part,
    open_case,
    start_run,
    take_video_check,
)
from drivers.states import CaseKind, FacePurpose, HoldKind
from drivers.tests.factories import face_token, ready_for_pickup


def things(rides, people, made):
    driver, vetting = driver_of(people("driver")), people("vetting")
    ready_for_pickup(driver, made["waiting"], state="waiting")
    with transaction.atomic():
        picture = pictures.attach(pictures.store(b"x"), purpose="plate", subject="x", keep_for=timedelta(1))
        PlatePhoto.objects.filter(subject=made["waiting"]).update(picture=picture)
        case = open_case(driver=driver, kind=CaseKind.SAME_FACE)
        own, appealed = (
            hold_driver(
                actor=SYSTEM, driver=driver, kind=HoldKind.STAFF, source=source, citation="x", covert=False
            )
            for source in ("a", "b")
        )
    video = ask_video_check(driver=driver, purpose=FacePurpose.DAILY)
    take_video_check(account=vetting, code=video.code)
    give_video_consent(driver=driver)
    keep_part(account=vetting, code=video.code, take="0" * 16, number=0, upload=b"\x1a\x45\xdf\xa3")
    written = appeal(driver=driver, code=appealed.code, words="x")
    application = begin_application(account=people("passenger2"))
    with transaction.atomic():
        reported, rewarded = (
            MismatchReport.objects.create(
                code=code,
                source="public",
                plate="x",
                phone="x",
                submission=code,
                reported_at=clock.now(),
                danger="ordinary",
            )
            for code in ("M-1", "M-2")
        )
        Reward.objects.create(case=case, report=rewarded, fen=1, citation="x", due_since=clock.now())
    return {
        "face_check": ask_face_check(driver=driver, purpose=FacePurpose.ACCEPT, subject="T").code,
        "face_token": face_token(driver, made["waiting"]),
        "case": case.code,
        "video": video.code,
        "take": "0" * 16,
        "application": application.code,
        "report": reported.code,
        "rewarded": rewarded.code,
        "run": start_run(account=vetting, reason="x").code,
        "own_hold": own.code,
        "appeal": written.code,
        "picture": picture.code,
    }
