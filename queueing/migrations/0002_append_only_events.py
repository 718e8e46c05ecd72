"""Events are history: the database itself refuses to change or delete them."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION queueing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ticketevent_append_only BEFORE UPDATE OR DELETE
  ON queueing_ticketevent FOR EACH ROW EXECUTE FUNCTION queueing_refuse_change();
CREATE TRIGGER dutyevent_append_only BEFORE UPDATE OR DELETE
  ON queueing_dutyevent FOR EACH ROW EXECUTE FUNCTION queueing_refuse_change();
"""
BACKWARD = """
DROP TRIGGER dutyevent_append_only ON queueing_dutyevent;
DROP TRIGGER ticketevent_append_only ON queueing_ticketevent;
DROP FUNCTION queueing_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("queueing", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
