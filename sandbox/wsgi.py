import multiprocessing
import os
import threading

os.environ["DJANGO_SETTINGS_MODULE"] = "sandbox.settings"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()


def _end_with(parent: "multiprocessing.process.BaseProcess") -> None:
    parent.join()
    os._exit(1)


# A worker does not outlive the process that made it: it would keep the port.
if made_by := multiprocessing.parent_process():
    threading.Thread(target=_end_with, args=(made_by,), daemon=True).start()
