from django.db import migrations


def carry_over(apps, schema_editor):
    """Complaints of before: who is accused by account, the class for 'severe', the decision as a row of its own."""
    Complaint = apps.get_model("complaints", "Complaint")
    Decision = apps.get_model("complaints", "Decision")
    Account = apps.get_model("accounts", "Account")
    for row in Complaint.objects.select_related("accused").iterator():
        if row.accused is not None:
            row.accused_account_id, row.accused_as = row.accused.account_id, "driver"
        row.level = "severe" if row.severe else "ordinary"
        row.stopped_at = row.filed_at if row.severe and row.accused_id else None
        row.save(update_fields=["accused_account", "accused_as", "level", "stopped_at"])
        by = Account.objects.filter(code=row.decided_by).first() if row.decided_by else None
        if by is not None:
            Decision.objects.create(
                complaint=row, stage="first", by=by, at=row.decided_at, finding=row.finding, outcomes=[],
                reason=row.reason or "", cites=["words"], citation="complaints.interlock v0", in_force=True,
                told_complainant_at=row.decided_at, told_accused_at=row.decided_at,
            )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("complaints", "0003_desk"), ("accounts", "0005_restrictions")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
