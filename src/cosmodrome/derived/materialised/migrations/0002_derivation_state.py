from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("deriving", "0001_start")]

    operations = [migrations.RenameModel("Moment", "DerivationState")]
