"""What PostgreSQL brings and the tables of all apps need: exclusion constraints, parts of words, nearest vectors."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations
from pgvector.django import VectorExtension


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [BtreeGistExtension(), TrigramExtension(), VectorExtension()]
