"""The outside world in small: its own server, its own settings, no database. Speaks HTTP with the platform alone."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = os.environ.get("HUHANG_SANDBOX_KEY", "sandbox: holds nothing that needs a secret")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "sandbox.urls"
INSTALLED_APPS: list[str] = []
MIDDLEWARE = [
    "sandbox.middleware.says_what_it_is",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [BASE_DIR / "templates"]}]
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
STATE = Path(os.environ.get("HUHANG_STATE", "var")) / "sandbox"
