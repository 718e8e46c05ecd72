"""Hand-over notes are kept one by one: never changed, erased with the visit."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER visitnote_unchanged BEFORE UPDATE
  ON queueing_visitnote FOR EACH ROW EXECUTE FUNCTION queueing_refuse_change();
"""
BACKWARD = "DROP TRIGGER visitnote_unchanged ON queueing_visitnote;"


class Migration(migrations.Migration):

    dependencies = [
        ('queueing', '0003_tighter_constraints'),
    ]

    operations = [
        migrations.CreateModel(
            name='VisitNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(blank=True, max_length=300, verbose_name='hand-over note')),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='note', to='queueing.ticketevent')),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='queueing.visit')),
            ],
            options={
                'verbose_name': 'hand-over note',
                'verbose_name_plural': 'hand-over notes',
                'ordering': ('pk',),
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
